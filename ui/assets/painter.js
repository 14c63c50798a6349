// A picture and what is painted on it: a sketch, whose strokes become part of it, or a mask.
const isMask = props.painted === "mask";
for (const node of element.querySelectorAll("[data-for]")) {
  if (node.dataset.for !== props.painted) node.remove();
}
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const [below, layerCanvas] = [part("picture"), part("layer")];
const STORAGE = `atelier.painter.${props.task}`;
const maskColour = `rgb(${MASK_COLOUR.join(" ")})`;

let picture = null; // {sha256, width, height, note} once the Studio keeps it
let ground = ""; // the colour of a blank canvas, in place of a picture
let handed = null; // what was handed over for Generate, as long as nothing has changed since
let settled = false; // whether the size was sent with this picture, and so is remembered with it
let share = 0; // how much is painted, 0 to 1

const colour = makeColours(part("colours"));
const brush = makeBrush(element, part);
const layer = makeLayer(layerCanvas);
const tool = () => ({ erase: brush.erases(), colour: isMask ? maskColour : colour(), size: brush.size() });
makeHand(layerCanvas, part("ring"), layer, tool, changed);
const fit = keepFitted(part("paper"), () => ({ width: below.width, height: below.height }));
const onShow = () => Boolean(picture || ground);
const inUse = () => element.offsetParent !== null;

part("invitation").textContent = isMask
  ? "Drop or paste a picture here, then paint over what should change."
  : "Drop or paste a picture here.";

// ---- what is on the canvas -------------------------------------------------------------------

/** Make room for a picture. A mask stays on one of the same size, where it is in plain sight. */
function setUp(width, height) {
  const stays = isMask && onShow() && below.width === width && below.height === height;
  Object.assign(below, { width, height });
  hide(false);
  if (stays) return;
  layer.resize(width, height);
  brush.setSize(Math.round(Math.max(width, height) / (isMask ? 14 : 32)));
}

async function show(ref) {
  const image = await pixelsOf(inputAddress(ref));
  if (!image) return false;
  setUp(image.naturalWidth, image.naturalHeight);
  below.getContext("2d").drawImage(image, 0, 0);
  [picture, ground] = [ref, ""];
  changed();
  return true;
}

function startBlank(width, height, wanted) {
  setUp(width, height);
  const pen = below.getContext("2d");
  pen.fillStyle = wanted;
  pen.fillRect(0, 0, width, height);
  [picture, ground] = [null, wanted];
  changed();
}

function changed() {
  handed = null;
  share = onShow() ? layer.share() : 0;
  draw();
}

function draw() {
  part("start").hidden = onShow() && !part("start").dataset.again;
  part("paper").hidden = part("keys").hidden = !onShow();
  part("bar").inert = !onShow();
  part("files").classList.toggle("unused", !onShow());
  part("undo").disabled = !layer.canUndo();
  part("facts").textContent = onShow() ? facts() : "";
  fit();
}

function facts() {
  const percent = share && share < 0.0005 ? "< 0.1" : (100 * share).toFixed(1);
  const painted = isMask ? ` · ${percent} % painted` : "";
  return `${below.width} × ${below.height}${painted}${picture?.note ? ` · ${picture.note}` : ""}`;
}

function fault(sentence) {
  part("fault-text").textContent = sentence;
  part("fault").hidden = !sentence;
}

// ---- pictures in -----------------------------------------------------------------------------

async function attempt(work) {
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
    if (!(await show(ref))) throw new Error("The picture cannot be shown.");
    closeStart();
    proposeSize();
  });

const takeMask = (file) =>
  attempt(async () => {
    const image = await pixelsOf(inputAddress(await keepPicture(file)));
    putMask(maskLayer(image, below));
  });

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

async function handOver() {
  if (!onShow()) return null;
  hide(false); // no mask is applied unseen
  settled = true;
  try {
    handed ??= isMask ? await masked() : await sketched();
    return handed;
  } catch (error) {
    return { error: error.message };
  }
}

async function masked() {
  if (!share) return { picture };
  return { picture, mask: await keepPicture(await pngOf(maskOf(layerCanvas))) };
}

async function sketched() {
  if (picture && !share) return { picture };
  return { picture: await keepPicture(await pngOf(flattened(below, layerCanvas))) };
}

// ---- what a reload leaves --------------------------------------------------------------------

function remember() {
  const { width, height } = below;
  const painted = share ? layerCanvas.toDataURL() : "";
  const kept = { picture, ground, width, height, painted, settled };
  try {
    localStorage.setItem(STORAGE, JSON.stringify(kept));
  } catch {
    localStorage.removeItem(STORAGE); // too large to be kept: the next visit starts anew
  }
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(STORAGE));
  } catch {
    return null; // what another version left
  }
}

async function recall() {
  const kept = remembered();
  if (kept?.ground) startBlank(kept.width, kept.height, kept.ground);
  else if (!kept?.picture || !(await show(kept.picture))) return;
  const painted = kept.painted && (await pixelsOf(kept.painted));
  if (painted) layer.put(painted);
  if (!kept.settled) proposeSize();
  settled = kept.settled;
  changed();
}

// ---- what the artist does --------------------------------------------------------------------

function hide(wanted) {
  layerCanvas.classList.toggle("unseen", wanted);
  part("hide")?.setAttribute("aria-pressed", String(wanted));
}

function act(work) {
  hide(false);
  work();
  changed();
}

function openStart() {
  const side = (name) => document.querySelector(`[id="${props.task}--${name}"] input`)?.value;
  part("blank-width").value = side("width") || below.width;
  part("blank-height").value = side("height") || below.height;
  part("start").dataset.again = "yes";
  part("blank-cancel").hidden = false;
  draw();
}

function closeStart() {
  delete part("start").dataset.again;
  draw();
}

function startDrawing(event) {
  event.preventDefault();
  const [width, height] = ["blank-width", "blank-height"].map((name) => Number(part(name).value));
  startBlank(width, height, part("blank-ground").value);
  closeStart();
  proposeSize();
}

function receive() {
  const { picture: wanted, mask, error } = props.value ?? {};
  fault(error ?? "");
  if (!wanted) return;
  settled = false;
  attempt(async () => {
    if ((await show(wanted)) && isMask && mask) {
      putMask(maskLayer(await pixelsOf(inputAddress(mask)), below));
    }
    closeStart();
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
addEventListener("pagehide", remember);
openEntry(part("board"), part("file"), { take, inUse });
onFile(part("mask-file"), takeMask);
const CLICKS = {
  choose: () => part("file").click(),
  "choose-first": () => part("file").click(),
  "load-mask": () => part("mask-file").click(),
  "alpha-mask": maskFromTransparency,
  undo: () => act(layer.undo),
  invert: () => act(() => layer.invert(maskColour)),
  clear: () => act(layer.clear),
  hide: () => hide(!layerCanvas.classList.contains("unseen")),
  again: openStart,
  "blank-cancel": closeStart,
  "fault-close": () => fault(""),
};
for (const [name, work] of Object.entries(CLICKS)) part(name)?.addEventListener("click", work);
part("blank")?.addEventListener("submit", startDrawing);
watch("value", receive);
draw();
if (props.value?.picture || props.value?.error) receive();
else recall();
