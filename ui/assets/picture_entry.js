// The ways a picture file comes in: chosen, dropped, or pasted while the tab is on show.
function openEntry(board, input, { take, inUse }) {
  const fileIn = (transfer) => [...(transfer?.files ?? [])][0];

  for (const name of ["dragover", "dragleave", "drop"]) {
    board.addEventListener(name, (event) => {
      event.preventDefault();
      board.classList.toggle("awaiting", name === "dragover");
      const file = name === "drop" && fileIn(event.dataTransfer);
      if (file) take(file);
    });
  }
  document.addEventListener("paste", (event) => {
    const file = fileIn(event.clipboardData);
    if (!inUse() || !file) return;
    event.preventDefault();
    take(file);
  });
  onFile(input, take);
}

function onFile(input, work) {
  input?.addEventListener("change", () => {
    if (input.files[0]) work(input.files[0]);
    input.value = ""; // the same file may be chosen again
  });
}
