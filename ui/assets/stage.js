// The canvas: draws what a job says of itself, and lets one look back at each of its steps.
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const row = document.getElementById(props.task);
part("strip").dataset.task = props.task;
const IDLE_STEPS = 20;
let job = null; // {id, width, height, steps, pictures: [{frames: [], saved}], line, right, over}
let view = { picture: -1, step: -1 }; // -1: whatever is newest
let peeked = -1;
let earlier = null; // a picture from the recent strip, while one is on the canvas
let drawnPicture = -1;
let warmth = "";
let loading = "";

const strip = makeStrip(part("strip"), { choose, peek });
strip.reset(IDLE_STEPS);
const jobs = watchJobs(`atelier.jobs.${props.task}`, receive);

// ---- what a job says -------------------------------------------------------------------------

const readers = {
  job(message, id) {
    if (job?.id === id) return; // the connection was lost and has come back
    job = { ...message, id, line: "Waiting", right: "", done: 0, over: false };
    job.frames = Array.from({ length: message.pictures }, () => []);
    job.saved = Array(message.pictures).fill(null);
    view = { picture: -1, step: -1 };
    earlier = null;
    drawnPicture = -1;
    peeked = -1;
    clearFault();
    drawBatch();
  },
  queued({ position }) {
    const before = position === 1 ? "1 picture before yours" : `${position} pictures before yours`;
    job.line = position ? `Queued: ${before}` : "Queued: yours is next";
    job.queued = true;
  },
  waiting({ reason }) {
    job.line = reason;
    job.queued = false;
  },
  started({ steps }) {
    job.steps = steps;
    job.line = "Starting";
    job.queued = false;
    announce("Painting has started.");
  },
  step(message) {
    const { picture, step, total, eta, sigma, src } = message;
    job.frames[picture][step - 1] = { src, sigma };
    job.done = picture * total + step;
    job.line = `${pictureName(picture)}Step ${step} of ${total}`;
    job.right = step < total || picture + 1 < job.pictures ? `${duration(eta)} left` : "Decoding";
    if (shownPicture() === picture) strip.fill(step - 1, src);
    drawBatch();
  },
  saved(message) {
    job.saved[message.picture] = message;
    row.dataset.seed = message.seed;
    if (shownPicture() === message.picture) strip.fill(job.steps, message.url);
    drawBatch();
    document.dispatchEvent(new Event("atelier:saved"));
  },
  finished({ seconds }) {
    const note = job.saved.map((saved) => saved?.note).find(Boolean);
    end(`Finished in ${duration(seconds)}` + (note ? ` · ${note}` : ""));
    job.done = job.steps * job.pictures;
  },
  cancelled({ picture, step }) {
    const where = `${pictureName(picture)}step ${step} of ${job.steps}`;
    const never = "Stopped before the first step.";
    end(step || picture ? `Stopped at ${where}; nothing was decoded after it.` : never);
  },
  gone(_, id) {
    if (job?.id === id && !job.over) end("Atelier was started again; this picture was not finished.");
  },
  failed({ error }) {
    end("Not painted");
    fault(error);
  },
};

function receive(id, message) {
  readers[message.kind]?.(message, id);
  draw();
}

function end(line) {
  job.line = line;
  job.right = "";
  job.over = true;
  announce(line);
  document.dispatchEvent(new Event("atelier:ask"));
}

const pictureName = (picture) => (job.pictures > 1 ? `Picture ${picture + 1} of ${job.pictures} · ` : "");

function duration(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  return seconds < 100 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

// ---- what is on the canvas -------------------------------------------------------------------

/** The picture of the batch that is looked at: the chosen one, else the newest with anything. */
function shownPicture() {
  if (!job) return 0;
  if (view.picture >= 0) return view.picture;
  const begun = job.frames.findLastIndex((frames) => frames.length > 0);
  return Math.max(0, begun);
}

/** What the canvas shows: a frame, a finished picture, or nothing yet. */
function shown() {
  if (earlier) return { src: earlier.url, saved: earlier, cell: -1 };
  if (!job) return { src: "", saved: null, cell: -1 };
  const picture = shownPicture();
  const frames = job.frames[picture];
  const saved = job.saved[picture];
  const step = peeked >= 0 ? peeked : view.step;
  if (step >= 0 && step < job.steps && frames[step]) {
    return { src: frames[step].src, saved, cell: step, sigma: frames[step].sigma, past: true };
  }
  if (saved) return { src: saved.url, saved, cell: job.steps };
  const newest = frames.findLastIndex((frame) => frame?.src);
  return { src: frames[newest]?.src || "", saved: null, cell: newest };
}

function draw() {
  if (job && drawnPicture !== shownPicture()) refillStrip();
  const now = shown();
  drawImage(now);
  drawFacts(now);
  drawTools(now);
  if (job) strip.mark(now.cell);
  const looksBack = view.step >= 0 || view.picture >= 0;
  part("back").hidden = !job || !(earlier || (looksBack && !job.over));
  part("back").textContent = job && !job.over ? "Back to the live picture" : "Back to the current picture";
  row.dataset.active = jobs.active() ? "yes" : "no";
}

function refillStrip() {
  drawnPicture = shownPicture();
  strip.reset(job.steps);
  job.frames[drawnPicture].forEach((frame, index) => strip.fill(index, frame.src));
  const saved = job.saved[drawnPicture];
  if (saved) strip.fill(job.steps, saved.url);
}

function drawImage({ src, past, saved }) {
  const image = part("image");
  part("empty").hidden = Boolean(src || !image.hidden);
  if (job) part("empty").textContent = statusLine();
  // The last picture stays, dimmed, until the next has something to show: the canvas never blinks.
  image.classList.toggle("stale", !src);
  if (!src || image.dataset.src === src) return;
  image.alt = altText(past, saved);
  image.dataset.src = src;
  if (src.startsWith("data:")) return place(src);
  loading = src;
  const next = new Image();
  next.src = src;
  // Decoded before it is put up, so that the last preview is not followed by an empty frame.
  next.decode().catch(() => {}).then(() => loading === src && image.dataset.src === src && place(src));
}

function place(src) {
  part("image").src = src;
  part("image").hidden = false;
}

function altText(past, saved) {
  if (past || !saved) return "Preview of a step";
  return `Finished picture: ${saved.infotext.split("\n")[0].slice(0, 200)}`;
}

function drawFacts({ saved, cell, past, sigma }) {
  const [status, facts] = [part("status"), part("facts")];
  const size = saved && `${saved.width} × ${saved.height} · ${earlier ? saved.name : `seed ${saved.seed}`}`;
  if (earlier) {
    status.textContent = "From the pictures painted before";
    facts.textContent = size;
  } else if (past) {
    status.textContent = `Step ${cell + 1} of ${job.steps}, as it was`;
    facts.textContent = `noise level ${sigma.toFixed(2)}`;
  } else {
    status.textContent = statusLine();
    facts.textContent = (job && !job.over && job.right) || size || "";
  }
  const share = job && job.steps ? job.done / (job.steps * job.pictures) : 0;
  part("progress").setAttribute("aria-valuenow", Math.round(100 * share));
  part("progress").firstElementChild.style.width = `${100 * share}%`;
  part("progress").dataset.over = job?.over ? "yes" : "no";
}

function statusLine() {
  if (!job) return warmth || "Ready";
  if (job.over) return job.line;
  const count = jobs.waiting();
  const others = count ? ` · ${count} more of yours after it` : "";
  return job.line + (job.queued && warmth ? ` · ${warmth}` : "") + others;
}

function drawTools({ saved }) {
  part("tools").classList.toggle("unused", !saved);
  if (!saved) part("infotext").hidden = true;
  part("more").setAttribute("aria-expanded", String(!part("infotext").hidden));
  if (!saved) return;
  part("download").href = saved.url;
  part("download").setAttribute("download", saved.name);
  part("infoline").textContent = saved.infotext;
  part("infotext").textContent = saved.infotext;
}

function drawBatch() {
  const box = part("batch");
  const count = job.pictures > 1 ? job.pictures : 0;
  box.hidden = !count;
  while (box.children.length > count) box.lastElementChild.remove();
  for (let index = 0; index < count; index++) {
    const button = box.children[index] || box.appendChild(batchButton(index));
    const src = job.saved[index]?.url || job.frames[index].findLast((frame) => frame?.src)?.src;
    button.classList.toggle("empty", !src);
    button.disabled = !src;
    if (src) button.firstElementChild.src = src;
    else button.firstElementChild.removeAttribute("src");
    button.setAttribute("aria-pressed", String(index === shownPicture()));
  }
}

function batchButton(index) {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", `Picture ${index + 1} of the batch`);
  const image = document.createElement("img");
  image.alt = "";
  button.append(image);
  button.addEventListener("click", () => {
    const newest = !job.over && index === job.frames.findLastIndex((frames) => frames.length > 0);
    view = { picture: newest ? -1 : index, step: -1 };
    earlier = null;
    drawBatch();
    draw();
  });
  return button;
}

// ---- what the artist does --------------------------------------------------------------------

function choose(index) {
  earlier = null;
  peeked = -1;
  const newest = index === job.steps || (!job.over && index === shown().cell && view.step < 0);
  view = { ...view, step: newest ? -1 : index };
  draw();
}

function peek(index) {
  if (!job) return;
  peeked = index >= 0 && index < job.steps ? index : -1;
  if (!earlier) draw();
}

function backToNow() {
  view = { picture: -1, step: -1 };
  earlier = null;
  peeked = -1;
  draw();
}

async function stop() {
  if (element.offsetParent === null) return;
  if (!jobs.active()) return;
  job && (job.line = "Stopping");
  draw();
  await jobs.stop();
}

function fault(sentence, field) {
  part("fault-text").textContent = sentence;
  part("fault").hidden = false;
  const control = field && document.getElementById(`${props.task}--${field}`);
  control?.classList.add("at-fault");
}

function clearFault() {
  part("fault").hidden = true;
  row.querySelectorAll(".at-fault").forEach((node) => node.classList.remove("at-fault"));
}

async function copySettings() {
  const text = part("infotext").textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyTheOldWay(text); // pages that are not on localhost or https have no clipboard
  }
  part("copy").textContent = "Copied";
  setTimeout(() => (part("copy").textContent = "Copy settings"), 1500);
}

function copyTheOldWay(text) {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

function announce(sentence) {
  part("announce").textContent = sentence;
}

part("back").addEventListener("click", backToNow);
part("fault-close").addEventListener("click", clearFault);
part("copy").addEventListener("click", copySettings);
part("more").addEventListener("click", () => {
  part("infotext").hidden = !part("infotext").hidden;
  draw();
});
document.addEventListener("atelier:stop", stop);
document.addEventListener("atelier:show", ({ detail }) => {
  if (element.offsetParent === null) return;
  earlier = detail;
  draw();
});
document.addEventListener("atelier:state", ({ detail }) => {
  warmth = detail.phase === "ready" ? "" : detail.message || "";
  if (detail.phase === "away") warmth = "The server does not answer; this page tries again.";
  draw();
});
watch("value", () => {
  const value = props.value;
  if (value?.job) {
    clearFault();
    jobs.add(value.job);
    document.dispatchEvent(new Event("atelier:ask"));
  } else if (value?.error) {
    clearFault();
    fault(value.error, value.field);
  }
  draw();
});
draw();
