// Brush or eraser, and its size: by button, slider and key.
function makeBrush(element, part) {
  const KEY_STEP = 1.25;
  const slider = part("size");
  let erasing = false;

  function choose(name) {
    erasing = name === "eraser";
    for (const node of element.querySelectorAll("[data-tool]")) {
      node.setAttribute("aria-pressed", String(node.dataset.tool === name));
    }
  }

  function setSize(value) {
    slider.value = value;
    part("size-text").textContent = slider.value;
  }

  const size = () => Number(slider.value);
  slider.addEventListener("input", () => setSize(size()));
  for (const node of element.querySelectorAll("[data-tool]")) {
    node.addEventListener("click", () => choose(node.dataset.tool));
  }

  return {
    size,
    setSize,
    erases: () => erasing,
    keys: {
      "[": () => setSize(Math.floor(size() / KEY_STEP)),
      "]": () => setSize(Math.ceil(size() * KEY_STEP)),
      b: () => choose("brush"),
      e: () => choose("eraser"),
    },
  };
}
