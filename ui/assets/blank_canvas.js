// The start panel: how a picture comes in, or a blank canvas of a chosen size and ground colour.
function makeStart(part, task, begin) {
  const panel = part("start");
  const side = (name) => document.querySelector(`[id="${task}--${name}"] input`)?.value;

  function close() {
    delete panel.dataset.again;
    panel.hidden = true;
  }

  part("again")?.addEventListener("click", () => {
    for (const name of ["width", "height"]) {
      const number = part(`blank-${name}`);
      number.value = side(name) || number.value;
    }
    panel.dataset.again = "yes";
    part("blank-cancel").hidden = panel.hidden = false;
  });
  part("blank-cancel")?.addEventListener("click", close);
  part("blank")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const [width, height] = ["blank-width", "blank-height"].map((name) => Number(part(name).value));
    begin(width, height, part("blank-ground").value);
    close();
  });

  return {
    close,
    /** Show the panel while there is no picture, and when it was asked for again. */
    draw: (empty) => (panel.hidden = !empty && !panel.dataset.again),
  };
}
