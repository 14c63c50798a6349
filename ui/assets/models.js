// The Models tab: asks for the folder's state while the tab is on show, and more often during work.
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const ADDRESS = "./atelier/models";
const SUFFIX = ".safetensors";
let known = null; // what the Studio last said
let drawn = ""; // the revision and the choice that the table shows
let group = "";
let uploads = []; // files on their way, as pieces of work with negative numbers
let uploadNumber = 0;
let timer = 0;
let latest = -1; // the revision that the header's poll has told of

const drawWorks = makeWorks(part("works"), stop);

async function send(path, body) {
  const settings = { method: "POST", headers: { "Content-Type": "application/json" } };
  if (body) settings.body = JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(ADDRESS + path, settings);
  } catch {
    return fault("The server does not answer.");
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) return fault(said(content));
  ask();
  return content;
}

const said = (content) =>
  typeof content.detail === "string" ? content.detail : "That could not be done.";

function fault(sentence) {
  part("fault-text").textContent = sentence;
  part("fault").hidden = false;
  return null;
}

function clearFault() {
  part("fault").hidden = true;
}

// ---- what is drawn ---------------------------------------------------------------------------

const actions = {
  choose: (row, prediction) => act("/prediction", { name: row.name, prediction }),
  convert: (row) => act("/conversions", { folder: row.folder, file: row.file }),
};

function act(path, body) {
  clearFault();
  drawn = ""; // a choice that is refused is put back
  return send(path, body);
}

function drawTable() {
  const words = part("search").value.trim();
  const state = JSON.stringify([known.revision, known.hashing, group, words]);
  if (state === drawn || document.activeElement?.matches("select.prediction:focus")) return;
  drawn = state;
  const shown = known.rows.filter((row) => matches(row, group, words));
  part("rows").replaceChildren(...shown.map((row) => modelRow(row, known.hashing, actions)));
  part("empty").hidden = shown.length > 0;
  part("empty").textContent = known.rows.length
    ? "Nothing here is called that."
    : "There are no models yet: drop a checkpoint on the left, or put one into models/checkpoints.";
  drawKinds();
  const faulty = known.rows.filter((row) => !row.usable).length;
  part("summary").textContent =
    `${known.rows.length} found` + (faulty ? `, ${faulty} cannot be used` : "") + (known.hashing ? " · hashing" : "");
}

function drawKinds() {
  const there = Object.keys(GROUPS).filter((name) => known.rows.some(GROUPS[name]));
  if (!there.includes(group)) group = "";
  const buttons = ["", ...there].map((name) => {
    const button = node("button", "", name || "All");
    button.type = "button";
    button.setAttribute("aria-pressed", String(name === group));
    button.addEventListener("click", () => {
      group = name;
      drawTable();
      part("kinds").querySelector('[aria-pressed="true"]')?.focus();
    });
    return button;
  });
  part("kinds").replaceChildren(...buttons);
}

function draw() {
  drawWorks([...uploads, ...(known?.work ?? [])]);
  if (!known) return;
  part("free").textContent = `${bytes(known.free)} are free on the disk.`;
  drawTable();
}

// ---- asking ----------------------------------------------------------------------------------

const onShow = () => element.offsetParent !== null && !document.hidden;
const busy = () => uploads.length > 0 || known?.hashing || known?.work.some((work) => work.state === "running");

async function ask() {
  clearTimeout(timer);
  try {
    const answer = await fetch(ADDRESS, { cache: "no-store" });
    if (answer.ok) known = await answer.json();
    if (known.revision !== latest) document.dispatchEvent(new Event("atelier:ask"));
    latest = known.revision;
    draw();
  } catch {
    // the header says that the server does not answer
  }
  if (onShow() && busy()) timer = setTimeout(ask, 500);
}

document.addEventListener("atelier:state", ({ detail }) => {
  if (detail.models === undefined || (detail.models === latest && known)) return;
  latest = detail.models;
  if (onShow()) ask();
  else known = null;
});
new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && ask()).observe(element);

// ---- files that are dropped ------------------------------------------------------------------

function upload(file) {
  if (!file.name.toLowerCase().endsWith(SUFFIX)) {
    return fault(`“${file.name}” is no safetensors file. Put it into the models folder yourself: there it can be converted.`);
  }
  const work = { number: --uploadNumber, title: `Importing ${file.name}`, state: "running", done: 0, total: file.size, seconds_left: null, sentence: "" };
  const request = new XMLHttpRequest();
  const end = (state, sentence) => {
    Object.assign(work, { state, sentence });
    draw();
    ask();
  };
  work.stop = () => request.abort();
  request.upload.addEventListener("progress", (event) => {
    work.done = event.loaded;
    draw();
  });
  request.addEventListener("load", () => {
    const content = answerOf(request);
    if (request.status === 200) end("done", content.sentence);
    else end("failed", said(content));
  });
  request.addEventListener("error", () => end("failed", "The connection broke off; drop the file again."));
  request.addEventListener("abort", () => end("stopped", "Stopped."));
  request.open("POST", `${ADDRESS}/files?name=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.send(file);
  uploads = [work, ...uploads];
  draw();
  return null;
}

function answerOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

function stop(number) {
  const mine = uploads.find((work) => work.number === number);
  if (!mine) return send(`/work/${number}/stop`);
  if (mine.state === "running") mine.stop();
  else uploads = uploads.filter((work) => work !== mine);
  draw();
  return null;
}

function take(files) {
  clearFault();
  [...files].forEach(upload);
}

const drop = element.querySelector(".models");
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
drop.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  part("drop").classList.add("over");
});
drop.addEventListener("dragleave", (event) => {
  if (!drop.contains(event.relatedTarget)) part("drop").classList.remove("over");
});
drop.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  part("drop").classList.remove("over");
  take(event.dataTransfer.files);
});
part("file").addEventListener("change", () => {
  take(part("file").files);
  part("file").value = "";
});

// ---- the rest --------------------------------------------------------------------------------

part("hub").addEventListener("submit", async (event) => {
  event.preventDefault();
  clearFault();
  const fields = new FormData(part("hub"));
  const begun = await send("/downloads", { repository: fields.get("repository"), file: fields.get("file") });
  if (begun) part("hub").reset();
});
part("refresh").addEventListener("click", () => {
  clearFault();
  send("/refresh");
});
part("to-add").addEventListener("click", () => part("drop").scrollIntoView({ block: "center" }));
part("fault-close").addEventListener("click", clearFault);
part("search").addEventListener("input", () => known && drawTable());
ask();
