// The colours of the brush: a row of paints, and any other colour.
const PAINTS = [
  ["Black", "#1b1b1b"],
  ["Grey", "#8a8a88"],
  ["White", "#ffffff"],
  ["Red", "#c8372d"],
  ["Orange", "#e58a2e"],
  ["Yellow", "#f2cf4a"],
  ["Green", "#4f8a3c"],
  ["Teal", "#2f8f86"],
  ["Sky blue", "#8cc3ea"],
  ["Blue", "#2f5fa8"],
  ["Violet", "#7a4fa0"],
  ["Brown", "#7a5235"],
];

function makeColours(box) {
  let colour = PAINTS[3][1];
  const other = document.createElement("input");
  Object.assign(other, { type: "color", value: colour, title: "Another colour" });
  other.setAttribute("aria-label", "Another colour");

  function choose(value) {
    colour = other.value = value;
    for (const node of box.querySelectorAll("button")) {
      node.setAttribute("aria-pressed", String(node.value === value));
    }
  }

  function paint([name, value]) {
    const node = document.createElement("button");
    Object.assign(node, { type: "button", value, title: name });
    node.setAttribute("aria-label", name);
    node.style.background = value;
    node.addEventListener("click", () => choose(value));
    return node;
  }

  other.addEventListener("input", () => choose(other.value));
  box?.replaceChildren(...PAINTS.map(paint), other);
  if (box) choose(colour);
  return () => colour;
}
