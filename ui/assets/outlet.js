// What of the painter goes to the Studio: kept there, and named in what Generate sends.
function makeOutlet(kind, { below, layer, depth, state }) {
  let handed = null; // what was handed over, as long as nothing has changed since
  let drawn = null; // the sketch as it was last kept, until it changes
  const kept = async (canvas) => keepPicture(await pngOf(canvas));

  async function sketched() {
    const { picture, share } = state();
    if (picture && !share) return { picture };
    drawn ??= { picture: await kept(flattened(below, layer)) };
    return drawn;
  }

  async function masked() {
    const { picture, share } = state();
    return share ? { picture, mask: await kept(maskOf(layer)) } : { picture };
  }

  async function withDepth() {
    const { picture, share } = state();
    if (!depth.isEdited() && !share) return { picture };
    if (!depth.isThere()) throw new Error("The depth map is not there yet; wait for it or load one.");
    return { picture, depth: await kept(flattened(depth.canvas, layer)) };
  }

  const WAYS = { sketch: sketched, mask: masked, depth: withDepth };

  return {
    changed: () => ([handed, drawn] = [null, null]),
    /** For Generate: {picture, mask or depth}, or {error} with a sentence. */
    async handOver() {
      try {
        handed ??= await WAYS[kind]();
        return handed;
      } catch (error) {
        return { error: error.message };
      }
    },
    /** For the strength explorer: the picture alone, or null. */
    glance: () => (kind === "sketch" ? sketched().catch(() => null) : { picture: state().picture }),
  };
}
