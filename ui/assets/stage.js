// The canvas: shows what a job has told so far, and lets one look back at each of its steps.
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const row = document.getElementById(props.task);
const IDLE_STEPS = 20;
const NEWEST = { picture: -1, step: -1 };
const SENDS = { "image-to-image": "to_image_to_image", inpaint: "to_inpaint", "depth-to-image": "to_depth_to_image" };
const ENDS = ["finished", "cancelled", "failed", "gone"];
let job = null;
let view = NEWEST; // which picture and step are looked at; -1: whatever is newest
let peeked = -1; // the step under the pointer
let earlier = null; // a picture from the recent strip, while one is on the canvas
let stripPicture = -1;
let wanted = ""; // the address of what is, or is about to be, on the canvas
let warmth = ""; // what the engine waits for
let away = false; // the server does not answer
let titled = false; // whether the page's title tells of this canvas

part("strip").dataset.task = props.task;
const strip = makeStrip(part("strip"), { choose, peek });
const batch = makeBatch(part("batch"), choosePicture);
const why = makeWhy(part);
const tools = makePictureTools(part, (to, name) => trigger(SENDS[to], { name }));
const compare = makeCompare(part);
const jobs = watchJobs(`atelier.jobs.${props.task}`, receive);
strip.reset(IDLE_STEPS);

// ---- what a job says -------------------------------------------------------------------------

function receive(id, message) {
  if (message.kind === "job") begin(id, message);
  else if (job?.id === id) {
    continueStory(job, message);
    react(message);
  }
  draw();
}

function begin(id, message) {
  if (job?.id === id) return; // the connection was lost and has come back
  job = beginStory(id, message);
  view = NEWEST;
  earlier = null;
  stripPicture = peeked = -1;
  clearFault();
}

function react(message) {
  const seen = stripPicture === message.picture;
  if (message.kind === "step" && seen) strip.fill(message.step - 1, message.src);
  if (message.kind === "saved") {
    if (seen) strip.fill(job.steps, message.url);
    row.dataset.seed = message.seed;
    document.dispatchEvent(new Event("atelier:saved"));
  }
  if (message.kind === "started") announce("Painting has started.");
  if (message.kind === "failed") fault(message.error);
  if (ENDS.includes(message.kind)) {
    announce(job.line);
    document.dispatchEvent(new Event("atelier:ask"));
  }
}

// ---- what is on the canvas -------------------------------------------------------------------

const newestPicture = () => Math.max(0, job.frames.findLastIndex((frames) => frames.length > 0));
const shownPicture = () => (view.picture >= 0 ? view.picture : newestPicture());

/** What the canvas shows: a step, a finished picture, or nothing yet. */
function shown() {
  if (earlier) return { src: earlier.url, saved: earlier, cell: -1 };
  if (!job) return { src: "", saved: null, cell: -1 };
  const [frames, saved] = [job.frames[shownPicture()], job.saved[shownPicture()]];
  const step = peeked >= 0 ? peeked : view.step;
  if (frames[step]) return { ...frames[step], saved, cell: step, past: true };
  if (saved) return { src: saved.url, saved, cell: job.steps };
  const newest = frames.findLastIndex((frame) => frame?.src);
  return { src: frames[newest]?.src || "", saved: null, cell: newest };
}

function draw() {
  if (job) drawJob();
  const now = shown();
  if (job) strip.mark(now.cell);
  drawPicture(now);
  drawFacts(now);
  drawProgress();
  drawBack();
  part("skip").hidden = !job || earlier || job.over || job.queued || job.pictures < 2;
  tools.draw(now.saved);
  why(now.past ? null : now.saved);
  compare.offer(!earlier && job?.input, !now.past && now.saved);
  row.dataset.active = jobs.active() ? "yes" : "no";
  row.querySelector(".halt")?.setAttribute("aria-disabled", String(!jobs.active()));
}

function drawJob() {
  const picture = shownPicture();
  batch.draw(job, picture);
  if (stripPicture === picture) return;
  stripPicture = picture;
  strip.reset(job.steps);
  job.frames[picture].forEach((frame, index) => strip.fill(index, frame.src));
  strip.fill(job.steps, job.saved[picture]?.url);
}

async function drawPicture({ src, past, saved }) {
  const image = part("image");
  part("empty").hidden = Boolean(src || wanted);
  if (job) part("empty").textContent = statusLine();
  // The last picture stays, dimmed, until the next has something to show: the canvas never blinks.
  image.classList.toggle("stale", !src);
  if (!src || wanted === src) return;
  wanted = src;
  image.alt = saved && !past ? `Finished: ${saved.infotext.slice(0, 200)}` : "Preview of a step";
  if (!src.startsWith("data:")) await decoded(src);
  if (wanted !== src) return;
  image.src = src;
  image.hidden = false;
}

/** Wait for a picture's pixels, so that no empty frame comes between a preview and it. */
function decoded(src) {
  const next = new Image();
  next.src = src;
  return next.decode().catch(() => {});
}

function drawFacts({ saved, cell, past, sigma }) {
  const size = saved ? `${saved.width} × ${saved.height} · ` : "";
  if (earlier) return write("From the pictures painted before", size + saved.name);
  if (past) return write(`Step ${cell + 1} of ${job.steps}, as it was`, `noise level ${sigma.toFixed(2)}`);
  write(statusLine(), job?.right || (saved ? `${size}seed ${saved.seed}` : ""));
}

function write(status, facts) {
  part("status").textContent = status;
  part("facts").textContent = facts;
}

function statusLine() {
  if (away) return "The server does not answer; this page tries again.";
  if (!job) return warmth || "Ready";
  if (job.over) return job.line;
  const count = jobs.waiting();
  const others = count ? ` · ${count} more of yours after it` : "";
  return job.line + (job.queued && warmth ? ` · ${warmth}` : "") + others;
}

function drawProgress() {
  const share = job?.steps ? job.done / (job.steps * job.pictures) : Number(job?.over ?? 0);
  const percent = Math.round(100 * share);
  part("progress").setAttribute("aria-valuenow", percent);
  part("progress").firstElementChild.style.width = `${100 * share}%`;
  const tells = Boolean(job && !job.over && percent);
  if (tells || titled) document.title = tells ? `${percent} % · Atelier` : "Atelier";
  titled = tells;
}

function drawBack() {
  const live = job && !job.over;
  const looksBack = view.step >= 0 || view.picture >= 0;
  part("back").hidden = !job || !(earlier || (looksBack && live));
  part("back").textContent = live ? "Back to the live picture" : "Back to the current picture";
}

// ---- what the artist does --------------------------------------------------------------------

function choose(index) {
  const isNewest = index === job.steps || (!job.over && !earlier && index === shown().cell && view.step < 0);
  earlier = null;
  peeked = -1;
  view = { ...view, step: isNewest ? -1 : index };
  draw();
}

function choosePicture(index) {
  const live = !job.over && index === newestPicture();
  view = { picture: live ? -1 : index, step: -1 };
  earlier = null;
  draw();
}

function peek(index) {
  if (!job || earlier) return;
  peeked = index < job.steps ? index : -1;
  draw();
}

function backToNow() {
  view = NEWEST;
  earlier = null;
  draw();
}

async function stop() {
  if (element.offsetParent === null || !jobs.active()) return;
  if (job) job.line = "Stopping";
  draw();
  await jobs.stop();
}

function fault(sentence, field) {
  part("fault-text").textContent = sentence;
  part("fault").hidden = false;
  document.getElementById(`${props.task}--${field}`)?.classList.add("at-fault");
}

function clearFault() {
  part("fault").hidden = true;
  row.querySelectorAll(".at-fault").forEach((node) => node.classList.remove("at-fault"));
}

function announce(sentence) {
  part("announce").textContent = sentence;
}

part("back").addEventListener("click", backToNow);
part("skip").addEventListener("click", () => jobs.skip());
part("fault-close").addEventListener("click", clearFault);
document.addEventListener("atelier:stop", stop);
document.addEventListener("atelier:show", ({ detail }) => {
  if (element.offsetParent === null) return;
  earlier = detail;
  peeked = -1;
  draw();
});
document.addEventListener("atelier:state", ({ detail }) => {
  warmth = detail.phase === "ready" ? "" : detail.message || "";
  away = detail.phase === "away";
  draw();
});
watch("value", () => {
  clearFault();
  if (props.value?.job) jobs.add(props.value.job);
  else if (props.value?.error) fault(props.value.error, props.value.field);
  document.dispatchEvent(new Event("atelier:ask"));
  draw();
});
if (props.value?.error) fault(props.value.error, props.value.field); // told before it was there
draw();
