// What the brush lays down: a colour, a share of the mask, or a nearness.
function makePaints(kind, element, part) {
  const brush = makeBrush(element, part);
  const colour = makeColours(part("colours"));
  const value = makeValue(part, "value", percent, show);
  const greyOf = (nearness) => `rgb(${Array(3).fill(Math.round(2.55 * nearness)).join(" ")})`;

  function show(nearness) {
    if (part("swatch")) part("swatch").style.background = greyOf(nearness);
  }

  const LAID = {
    sketch: () => ({ colour: colour() }),
    mask: () => ({ colour: maskColour(value.value() / 100), replaces: true }),
    depth: () => ({ colour: greyOf(value.value()) }),
  };
  if (value) show(value.value());

  return {
    brush,
    tool: () => ({ erase: brush.erases(), size: brush.size(), ...LAID[kind]() }),
    /** Whether a stroke gives less than the whole of a mask. */
    isPartial: () => kind === "mask" && !brush.erases() && value.value() < 100,
  };
}
