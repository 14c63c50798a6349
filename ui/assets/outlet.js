// What of the painter goes to the Studio: kept there, and named in what Generate sends.
function makeOutlet(kind, { below, layer, depth, state }) {
  let handed = null; // what was handed over, as long as nothing has changed since
  let drawn = null; // the sketch as it was last kept, until it changes
  let changes = 0; // what is kept while something changes is old by the time it is there
  const kept = async (canvas) => keepPicture(await pngOf(canvas));

  async function sketched() {
    const { picture, share } = state();
    if (picture && !share) return { picture };
    if (drawn) return drawn;
    const before = changes;
    const fresh = { picture: await kept(flattened(below, layer)) };
    if (before === changes) drawn = fresh;
    return fresh;
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
    changed() {
      changes += 1;
      [handed, drawn] = [null, null];
    },
    /** For Generate: {picture, mask or depth}, or {error} with a sentence. */
    async handOver() {
      try {
        if (handed) return handed;
        const before = changes;
        const fresh = await WAYS[kind]();
        if (before === changes) handed = fresh;
        return fresh;
      } catch (error) {
        return { error: error.message };
      }
    },
    /** For the strength explorer: the picture alone, or null. */
    glance: () => (kind === "sketch" ? sketched().catch(() => null) : { picture: state().picture }),
  };
}
