// PNG info: the settings inside a picture that was brought along, and their way into a tab.
function makeInfo(part, tabs, on) {
  let file = null;
  let told = null;
  let address = ""; // of the file's pixels in this browser

  part("info-send").replaceChildren(...tabs.map(sendButton));

  function sendButton({ tab, name, task, takes }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "tool";
    button.dataset.task = task;
    button.textContent = `Use in ${name}`;
    button.title = takes ? "These settings, and the picture to start from" : "These settings";
    button.addEventListener("click", () => send(tab, takes));
    return button;
  }

  async function send(tab, takes) {
    try {
      const picture = takes ? await keepPicture(file) : null;
      on.send(tab, { pairs: told.pairs, picture });
    } catch (error) {
      on.fault(error.message);
    }
  }

  async function read(brought) {
    open();
    [file, told] = [brought, null];
    showPixels();
    draw("Reading the picture");
    try {
      const found = await askGallery("/info", { method: "POST", body: brought });
      if (file !== brought) return;
      told = found;
      draw(sourceLine(told));
    } catch (error) {
      if (file === brought) draw(error.message);
    }
  }

  const sourceLine = ({ program }) =>
    program ? `Written in ${program}` : "No settings are inside this picture.";

  function showPixels() {
    URL.revokeObjectURL(address);
    address = URL.createObjectURL(file);
    part("info-image").src = address;
    part("info-image").hidden = false;
  }

  function draw(status) {
    const found = Boolean(told?.program);
    part("info-invitation").hidden = Boolean(file) && !part("info-image").hidden;
    part("info-status").textContent = status;
    part("info-facts").textContent = told ? `${told.format} · ${told.width} × ${told.height}` : "";
    part("info-send").hidden = part("info-told").hidden = !found;
    part("info-hint").hidden = found;
    if (!found) return;
    tellSettings(part("info-told"), told);
    for (const button of part("info-send").children) {
      button.classList.toggle("first", button.dataset.task === told.task);
    }
  }

  function open() {
    part("info").hidden = false;
    part("info").focus({ preventScroll: true });
  }

  part("info-image").addEventListener("error", () => {
    part("info-image").hidden = true; // the sentence says what it is
    part("info-invitation").hidden = false;
  });
  part("info-choose").addEventListener("click", () => part("info-file").click());
  draw("");

  return {
    open,
    read,
    close() {
      part("info").hidden = true;
    },
    isOpen: () => !part("info").hidden,
  };
}
