// A picture and what is painted on it: a sketch, whose strokes become part of it, a mask, or depth.
const kind = props.painted;
const isMask = kind === "mask";
for (const node of element.querySelectorAll("[data-for]")) {
  if (node.dataset.for !== kind) node.remove();
}
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const [below, layerCanvas] = [part("picture"), part("layer")];
const START = {
  sketch: "Drop or paste a picture here.",
  mask: "Drop or paste a picture here, then paint over what should change.",
  depth: "Drop or paste a picture here; its shapes are kept, the rest is painted anew.",
};

let picture = null; // {sha256, width, height, note} once the Studio keeps it
let ground = ""; // the colour of a blank canvas, in place of a picture
let settled = false; // whether the size was sent with this picture, and so is remembered with it
let share = 0; // how much is painted, 0 to 1
let toldOfDepth = "";
let reading = Promise.resolve(); // what is brought is read in turn, so the last one stays

const { brush, tool, isPartial } = makePaints(kind, element, part);
makeValue(part, "veil", percent, (now) => (layerCanvas.style.opacity = now / 100));
const layer = makeLayer(layerCanvas);
const depth =
  kind === "depth" ? makeDepthMap(part, { told: tellOfDepth, failed: noDepth, changed }) : null;
const outlet = makeOutlet(kind, { below, layer: layerCanvas, depth, state: () => ({ picture, share }) });
makeHand(layerCanvas, part("ring"), layer, tool, { begun: () => hide(false), changed: stroked });
const start = makeStart(part, props.task, startDrawing);
const memory = makeMemory(`atelier.painter.${props.task}`);
const fit = keepFitted(part("paper"), () => ({ width: below.width, height: below.height }));
const onShow = () => Boolean(picture || ground);
const inUse = () => element.offsetParent !== null;

part("invitation").textContent = START[kind];

// ---- what is on the canvas -------------------------------------------------------------------

/** Make room for a picture. A mask stays on one of the same size, where it is in plain sight. */
function setUp(width, height) {
  const stays = isMask && onShow() && below.width === width && below.height === height;
  Object.assign(below, { width, height });
  hide(false);
  if (stays) return;
  layer.resize(width, height);
  brush.setSize(Math.round(Math.max(width, height) / (kind === "sketch" ? 32 : 14)));
}

async function show(ref) {
  const image = await pixelsOf(inputAddress(ref));
  if (!image) return false;
  setUp(image.naturalWidth, image.naturalHeight);
  below.getContext("2d").drawImage(image, 0, 0);
  [picture, ground] = [ref, ""];
  depth?.clear();
  changed();
  return true;
}

/** A picture that was not here before, with the depth map that belongs to it or a new one. */
async function showNew(ref, map) {
  if (!(await show(ref))) throw new Error("The picture cannot be shown.");
  start.close();
  depth?.reset();
  if (!map) {
    depth?.estimateFor(ref); // not waited for: what is brought next need not wait either
    return;
  }
  await depth?.useOwn(map, below).catch((error) => {
    depth.estimateFor(ref);
    throw error;
  });
}

function tellOfDepth(words) {
  toldOfDepth = words;
  draw();
}

function noDepth(sentence) {
  tellOfDepth("no depth map yet");
  fault(sentence);
}

function startBlank(width, height, wanted) {
  setUp(width, height);
  const pen = below.getContext("2d");
  pen.fillStyle = wanted;
  pen.fillRect(0, 0, width, height);
  [picture, ground] = [null, wanted];
  changed();
}

function stroked() {
  // A mask of greys means strengths: the setting that reads it so goes with it.
  if (isPartial()) trigger("greyed", {});
  changed();
}

function changed() {
  outlet.changed();
  share = onShow() ? layer.share() : 0;
  draw();
}

function draw() {
  start.draw(!onShow());
  part("paper").hidden = part("keys").hidden = !onShow();
  part("bar").inert = !onShow();
  for (const name of ["values", "bends"]) part(name)?.toggleAttribute("inert", !onShow());
  part("files").classList.toggle("unused", !onShow());
  part("undo").disabled = !layer.canUndo();
  part("facts").textContent = onShow() ? facts() : "";
  fit();
}

function facts() {
  const covered = share && share < 0.0005 ? "< 0.1" : (100 * share).toFixed(1);
  const painted = isMask ? `${covered} % painted` : "";
  const size = `${below.width} × ${below.height}`;
  return [size, painted, depth && toldOfDepth, picture?.note].filter(Boolean).join(" · ");
}

function fault(sentence) {
  part("fault-text").textContent = sentence;
  part("fault").hidden = !sentence;
}

// ---- pictures in -----------------------------------------------------------------------------

const attempt = (work) => (reading = reading.then(() => attemptNow(work)));

async function attemptNow(work) {
  fault("");
  part("facts").textContent = "Reading the picture";
  try {
    await work();
  } catch (error) {
    fault(error.message);
  }
  draw();
}

const take = (file) =>
  attempt(async () => {
    const ref = await keepPicture(file);
    await showNew(ref);
    proposeSize();
  });

const takeMask = (file) =>
  attempt(async () => {
    const image = await pixelsOf(inputAddress(await keepPicture(file)));
    putMask(maskLayer(image, below));
  });

const takeDepth = (file) =>
  attempt(async () => {
    const ref = await keepPicture(file);
    if (!onShow()) {
      await show(ref); // its shapes are a picture too: at strength 1 nothing else is looked at
      proposeSize();
    }
    if (await depth.useOwn(ref, below)) layer.clear();
  });

function estimateAgain() {
  depth.reset();
  layer.clear();
  depth.estimateFor(picture);
}

async function extend(margins) {
  let done = false;
  await attempt(async () => {
    const { picture: larger, mask } = await ask("./atelier/studies/extended", {
      picture,
      ...margins,
    });
    const before = await createImageBitmap(layerCanvas);
    await show(larger);
    const painted = maskLayer(await pixelsOf(inputAddress(mask)), below);
    painted.getContext("2d").drawImage(before, margins.left, margins.top);
    putMask(painted);
    settled = false;
    trigger("extended", { width: below.width, height: below.height });
    trigger("looked", {});
    done = true;
  });
  return done;
}

const maskFromTransparency = () => attempt(async () => putMask(transparencyLayer(below)));

function proposeSize() {
  settled = false;
  trigger("loaded", { width: below.width, height: below.height });
}

function putMask(canvas) {
  layer.put(canvas);
  hide(false);
  changed();
}

// ---- and out: what Generate sends ------------------------------------------------------------

function handOver() {
  if (!onShow()) return null;
  hide(false); // no mask is applied unseen
  settled = true;
  return outlet.handOver();
}

// ---- what a reload leaves --------------------------------------------------------------------

function remember() {
  const { width, height } = below;
  const painted = share ? layerCanvas.toDataURL() : "";
  memory.save({ picture, ground, width, height, painted, settled, depth: depth?.remember() });
}

async function recall() {
  const kept = memory.load();
  if (kept?.ground) startBlank(kept.width, kept.height, kept.ground);
  else if (!kept?.picture || !(await show(kept.picture))) return;
  const painted = kept.painted && (await pixelsOf(kept.painted));
  if (painted) layer.put(painted);
  if (!kept.settled) proposeSize();
  settled = kept.settled;
  changed();
  trigger("looked", {});
  depth?.recall(picture, kept.depth); // not waited for: an estimate takes a while
}

// ---- what the artist does --------------------------------------------------------------------

function hide(wanted) {
  for (const canvas of [layerCanvas, depth?.canvas]) canvas?.classList.toggle("unseen", wanted);
  part("hide")?.setAttribute("aria-pressed", String(wanted));
}

function act(work) {
  hide(false);
  work();
  changed();
}

function startDrawing(width, height, wanted) {
  startBlank(width, height, wanted);
  proposeSize();
}

function receive() {
  const { picture: sent, mask, depth: map, error } = props.value ?? {};
  fault(error ?? "");
  if (!sent) return;
  settled = false;
  attempt(async () => {
    await showNew(sent, map);
    if (isMask && mask) putMask(maskLayer(await pixelsOf(inputAddress(mask)), below));
    trigger("looked", {});
  });
}

const typing = (node) => node.matches?.("textarea, select, input:not([type=range]):not([type=radio])");

document.addEventListener("keydown", (event) => {
  if (!inUse() || !onShow() || typing(event.target)) return;
  const commanding = event.ctrlKey || event.metaKey;
  if (commanding && event.key === "z") act(layer.undo);
  else if (!commanding && !event.altKey) brush.keys[event.key]?.();
});
document.addEventListener("atelier:input", ({ detail }) => {
  if (detail.task === props.task) detail.answer = handOver();
});
document.addEventListener("atelier:glance", ({ detail }) => {
  if (detail.task === props.task && onShow()) detail.answer = outlet.glance();
});
addEventListener("pagehide", remember);
openEntry(part("board"), part("file"), { take, inUse });
onFile(part("mask-file"), takeMask);
onFile(part("depth-file"), takeDepth);
makeExtender(part, extend);
const CLICKS = {
  choose: () => part("file").click(),
  "choose-first": () => part("file").click(),
  "load-mask": () => part("mask-file").click(),
  "alpha-mask": maskFromTransparency,
  "load-depth": () => part("depth-file").click(),
  estimate: estimateAgain,
  undo: () => act(layer.undo),
  invert: () => act(() => layer.invert(maskColour(1))),
  clear: () => act(layer.clear),
  hide: () => hide(!layerCanvas.classList.contains("unseen")),
  "fault-close": () => fault(""),
};
for (const [name, work] of Object.entries(CLICKS)) part(name)?.addEventListener("click", work);
watch("value", receive);
draw();
if (props.value?.picture || props.value?.error) receive();
else attempt(recall);
