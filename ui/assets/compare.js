// The input over the result, up to a line that the artist moves.
function makeCompare(part) {
  const box = part("compare");
  const result = part("image");
  const image = part("compare-input");
  let offered = null; // {url, fit} of the input picture, while there is one to compare with
  let on = false;
  const shape = () => ({ width: result.naturalWidth, height: result.naturalHeight });
  const fit = keepFitted(box, shape);

  function turn(wanted) {
    on = wanted;
    part("compare-button").setAttribute("aria-pressed", String(on));
    box.hidden = !(on && offered);
    if (!box.hidden) fit();
  }

  makeSlider({ box, above: image, line: part("compare-line"), range: part("compare-range") });
  result.addEventListener("load", fit);
  part("compare-button").addEventListener("click", () => turn(!on));

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
