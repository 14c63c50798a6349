// The input over the result, up to a line that the artist moves.
function makeCompare(part) {
  const box = part("compare");
  const result = part("image");
  const [image, line, range] = [part("compare-input"), part("compare-line"), part("compare-range")];
  let offered = null; // {url, fit} of the input picture, while there is one to compare with
  let on = false;
  const shape = () => ({ width: result.naturalWidth, height: result.naturalHeight });
  const fit = keepFitted(box, shape);

  function move(percent) {
    const share = Math.min(100, Math.max(0, percent));
    range.value = share;
    line.style.left = `${share}%`;
    image.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
  }

  function follow(event) {
    const { left, width } = box.getBoundingClientRect();
    move((100 * (event.clientX - left)) / width);
  }

  function turn(wanted) {
    on = wanted;
    part("compare-button").setAttribute("aria-pressed", String(on));
    box.hidden = !(on && offered);
    if (!box.hidden) fit();
  }

  box.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    box.setPointerCapture(event.pointerId);
    range.focus({ focusVisible: false });
    follow(event);
  });
  box.addEventListener("pointermove", (event) => event.buttons && follow(event));
  range.addEventListener("input", () => move(Number(range.value)));
  result.addEventListener("load", fit);
  part("compare-button").addEventListener("click", () => turn(!on));
  move(50);

  return {
    /** Offer to compare a finished picture with the input it was painted from; null: nothing. */
    offer(input, saved) {
      offered = input && saved ? input : null;
      part("compare-button").hidden = !input;
      if (offered) {
        image.style.objectFit = offered.fit;
        if (image.getAttribute("src") !== offered.url) image.src = offered.url;
      }
      turn(on);
    },
  };
}
