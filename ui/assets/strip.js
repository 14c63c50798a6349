// The step strip: one cell a step and one for the finished picture. Cells are chosen by click,
// hover and arrow keys; the strip itself knows nothing of jobs.
function makeStrip(strip, on) {
  let cells = [];
  let chosen = -1;

  function cell(index, count) {
    const node = document.createElement("div");
    node.className = index === count ? "step last" : "step";
    node.id = `${strip.dataset.task}-step-${index}`;
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", "false");
    node.setAttribute("aria-disabled", "true");
    node.setAttribute("aria-label", index === count ? "Finished picture" : `Step ${index + 1}`);
    const name = document.createElement("span");
    name.textContent = index === count ? "✓" : index + 1;
    node.append(name);
    node.addEventListener("click", () => filled(index) && on.choose(index));
    node.addEventListener("mouseenter", () => filled(index) && on.peek(index));
    return node;
  }

  const filled = (index) => Boolean(cells[index]?.dataset.filled);

  function reveal(index) {
    const node = cells[index];
    if (!node) return;
    const left = node.offsetLeft - strip.offsetLeft;
    const right = left + node.offsetWidth;
    if (left < strip.scrollLeft) strip.scrollLeft = left - 60;
    else if (right > strip.scrollLeft + strip.clientWidth) {
      strip.scrollLeft = right - strip.clientWidth + 60;
    }
  }

  strip.addEventListener("mouseleave", () => on.peek(-1));
  strip.addEventListener("keydown", (event) => {
    const filledCells = cells.map((_, index) => index).filter(filled);
    const at = filledCells.indexOf(chosen);
    const next = {
      ArrowLeft: filledCells[at - 1],
      ArrowRight: filledCells[at + 1],
      Home: filledCells[0],
      End: filledCells.at(-1),
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    on.choose(next);
  });

  return {
    reset(count) {
      cells = Array.from({ length: count + 1 }, (_, index) => cell(index, count));
      chosen = -1;
      strip.removeAttribute("aria-activedescendant");
      strip.replaceChildren(...cells);
      strip.scrollLeft = 0;
    },
    fill(index, src) {
      const node = cells[index];
      if (!node || !src) return;
      const image = node.querySelector("img") || document.createElement("img");
      image.alt = "";
      image.src = src;
      if (!image.parentNode) node.prepend(image);
      node.dataset.filled = "yes";
      node.removeAttribute("aria-disabled");
    },
    mark(index) {
      if (index === chosen) return;
      cells[chosen]?.setAttribute("aria-selected", "false");
      chosen = index;
      cells[index]?.setAttribute("aria-selected", "true");
      if (index < 0) strip.removeAttribute("aria-activedescendant");
      else strip.setAttribute("aria-activedescendant", cells[index]?.id || "");
      reveal(index);
    },
  };
}
