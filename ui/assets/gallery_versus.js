// Two pictures of the gallery, one over the other.
function makeVersus(part) {
  const [left, right] = [part("versus-left"), part("versus-right")];
  const box = part("versus-box");
  let shown = []; // the left one and the right one
  const fit = keepFitted(box, () => {
    const [one, other] = [right, left].map((it) => ({ width: it.naturalWidth, height: it.naturalHeight }));
    return one.width * one.height >= other.width * other.height ? one : other;
  });
  const slider = makeSlider({ box, above: left, line: part("versus-line"), range: part("versus-range") });

  function draw() {
    for (const [index, side] of ["left", "right"].entries()) {
      const { url, name, width, height, title } = shown[index];
      part(`versus-${side}`).src = url;
      part(`versus-${side}-name`).textContent = name;
      part(`versus-${side}-facts`).textContent = `${width} × ${height} · ${title.slice(0, 80)}`;
    }
  }

  for (const image of [left, right]) image.addEventListener("load", fit);
  part("versus-swap").addEventListener("click", () => {
    shown.reverse();
    draw();
  });

  return {
    open(one, other) {
      shown = [one, other];
      slider.move(50);
      draw();
      part("versus").hidden = false;
      part("versus-range").focus();
      fit();
    },
    close() {
      part("versus").hidden = true;
    },
    isOpen: () => !part("versus").hidden,
  };
}
