// The picture's depth map, white near: estimated or the artist's own, bent by a few settings.
const UNBENT = { far: 0, near: 100, blur: 0, inverted: false };

/** `told` hears what to say of the map, `failed` why there is none, `changed` that it is new. */
function makeDepthMap(part, { told, failed, changed }) {
  const canvas = part("map");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  let grey = null; // Uint8ClampedArray: the map before it was bent
  let estimate = null; // {sha256, width, height, estimator} of the picture's own map
  let own = null; // {sha256, width, height} of a map that the artist brought
  let waiting = null; // a picture whose depth was asked for before the engine was ready
  let turn = 0; // which estimate is waited for
  let brought = null; // stands for the own map that is on its way
  const sliders = {
    far: makeValue(part, "far", percent, bend),
    near: makeValue(part, "near", percent, bend),
    blur: makeValue(part, "depth-blur", pixels, bend),
  };
  const invert = part("invert-depth");
  const inverted = () => invert.getAttribute("aria-pressed") === "true";

  const bends = () => ({
    far: sliders.far.value(),
    near: sliders.near.value(),
    blur: sliders.blur.value(),
    inverted: inverted(),
  });

  function setBends({ far, near, blur, inverted: turned }) {
    sliders.far.set(far);
    sliders.near.set(near);
    sliders.blur.set(blur);
    invert.setAttribute("aria-pressed", String(turned));
  }

  const isBent = () => JSON.stringify(bends()) !== JSON.stringify(UNBENT);

  function bend() {
    if (!grey) return;
    const { width, height } = canvas;
    const { far, near, blur } = bends();
    const soft = blurred(grey, width, height, blur);
    const span = Math.max(1, near - far) / 100;
    const pixels = pen.createImageData(width, height);
    for (let at = 0; at < soft.length; at += 1) {
      const level = ((soft[at] / 255 - far / 100) / span) * 255;
      pixels.data.fill(inverted() ? 255 - level : level, 4 * at, 4 * at + 3);
      pixels.data[4 * at + 3] = 255;
    }
    pen.putImageData(pixels, 0, 0);
    changed();
  }

  function put(image, width, height) {
    const scratch = emptyCanvas(width, height);
    const reader = scratch.getContext("2d", { willReadFrequently: true });
    reader.drawImage(image, 0, 0, width, height);
    const { data } = reader.getImageData(0, 0, width, height);
    grey = new Uint8ClampedArray(width * height);
    for (let at = 0; at < grey.length; at += 1) {
      grey[at] = 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2];
    }
    Object.assign(canvas, { width, height });
    bend();
  }

  function clear() {
    [grey, estimate, own, waiting, brought] = [null, null, null, null, null];
    turn += 1;
    canvas.width = canvas.width;
  }

  async function estimateFor(picture) {
    const mine = (turn += 1);
    brought = null;
    told("Estimating the depth");
    const answer = await ask("./atelier/studies/depth", picture).catch((error) => error);
    if (mine !== turn) return; // another picture is here by now
    if (answer instanceof Error) return refuse(answer, picture);
    estimate = answer;
    const image = await pixelsOf(inputAddress(answer));
    if (mine === turn && image) useEstimate(image, picture);
  }

  function useEstimate(image, { width, height }) {
    own = null;
    told(`depth estimated by ${estimate.estimator}`);
    put(image, width, height);
  }

  function refuse(error, picture) {
    if (error.status !== 503) return failed(error.message);
    waiting = picture;
    told("The depth is estimated once the engine is ready");
  }

  /** Show the artist's own map; false if another picture or map was asked for meanwhile. */
  async function useOwn(ref, { width, height }) {
    const mine = (brought = {});
    const image = await pixelsOf(inputAddress(ref));
    if (mine !== brought) return false;
    if (!image) throw new Error("The depth map cannot be shown.");
    const shape = (image.naturalWidth * height) / (image.naturalHeight * width);
    if (Math.abs(shape - 1) > 0.02) {
      throw new Error(
        `The depth map is ${image.naturalWidth} × ${image.naturalHeight} pixels and the picture ` +
          `${width} × ${height}; load a map of the picture's shape.`,
      );
    }
    turn += 1; // an estimate that is on its way has lost
    [own, waiting] = [ref, null];
    told("your own depth map");
    put(image, width, height);
    return true;
  }

  invert.addEventListener("click", () => {
    invert.setAttribute("aria-pressed", String(!inverted()));
    bend();
  });
  document.addEventListener("atelier:state", ({ detail }) => {
    if (detail.phase !== "ready" || !waiting) return;
    const picture = waiting;
    waiting = null;
    estimateFor(picture);
  });

  return {
    canvas,
    isThere: () => Boolean(grey),
    /** Whether the map is another than the engine would estimate. */
    isEdited: () => Boolean(grey && (own || isBent())),
    clear,
    estimateFor,
    useOwn,
    reset: () => setBends(UNBENT),
    remember: () => ({ own, bends: bends() }),
    async recall(picture, kept) {
      setBends(kept?.bends ?? UNBENT);
      if (kept?.own) await useOwn(kept.own, picture).catch(() => estimateFor(picture));
      else await estimateFor(picture);
    },
  };
}

/** Three box blurs, which come close to a Gaussian of that deviation in pixels. */
function blurred(grey, width, height, deviation) {
  const reach = Math.round(deviation);
  if (!reach) return grey;
  let now = Float32Array.from(grey);
  for (let pass = 0; pass < 3; pass += 1) {
    now = boxed(now, width, height, 1, width, reach);
    now = boxed(now, height, width, width, 1, reach);
  }
  return now;
}

/** Means over 2 * reach + 1 neighbours along lines of `count` numbers, the ends continued. */
function boxed(values, count, lines, stride, lineStride, reach) {
  const means = new Float32Array(values.length);
  for (let line = 0; line < lines; line += 1) {
    const at = (index) => values[line * lineStride + Math.min(count - 1, Math.max(0, index)) * stride];
    let sum = 0;
    for (let index = -reach; index <= reach; index += 1) sum += at(index);
    for (let index = 0; index < count; index += 1) {
      means[line * lineStride + index * stride] = sum / (2 * reach + 1);
      sum += at(index + reach + 1) - at(index - reach);
    }
  }
  return means;
}
