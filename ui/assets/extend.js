// Outpainting: the canvas is extended to any side, and what is new there is masked.
function makeExtender(part, extend) {
  const form = part("extend");
  if (!form) return;
  const SIDES = ["left", "top", "right", "bottom"];
  const number = (side) => form.querySelector(`[name="${side}"]`);

  function open(wanted) {
    form.hidden = !wanted;
    part("extend-open").setAttribute("aria-expanded", String(wanted));
    if (wanted) number("left").focus();
  }

  part("extend-open").addEventListener("click", () => open(form.hidden));
  part("extend-cancel").addEventListener("click", () => open(false));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const margins = Object.fromEntries(SIDES.map((side) => [side, Math.round(number(side).value) || 0]));
    if (await extend(margins)) open(false);
  });
}
