// Keeps `box` as large as its parent's content box allows, in the shape of a picture.
function keepFitted(box, shape) {
  const frame = box.parentElement;

  function fit() {
    const { width, height } = shape();
    if (!width || !frame.clientWidth) return;
    const style = getComputedStyle(frame);
    const room = {
      width: frame.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight),
      height: frame.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom),
    };
    const scale = Math.min(room.width / width, room.height / height);
    box.style.width = `${width * scale}px`;
    box.style.height = `${height * scale}px`;
    box.style.left = `${(frame.clientWidth - width * scale) / 2}px`;
    box.style.top = `${(frame.clientHeight - height * scale) / 2}px`;
  }

  new ResizeObserver(fit).observe(frame);
  return fit;
}
