// Two pictures in one frame, up to a line that the artist moves.
function makeSlider({ box, above, line, range }) {
  function move(percent) {
    const share = Math.min(100, Math.max(0, percent));
    range.value = share;
    line.style.left = `${share}%`;
    above.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
  }

  function follow(event) {
    const { left, width } = box.getBoundingClientRect();
    move((100 * (event.clientX - left)) / width);
  }

  box.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    box.setPointerCapture(event.pointerId);
    range.focus({ focusVisible: false });
    follow(event);
  });
  box.addEventListener("pointermove", (event) => event.buttons && follow(event));
  range.addEventListener("input", () => move(Number(range.value)));
  move(50);
  return { move };
}
