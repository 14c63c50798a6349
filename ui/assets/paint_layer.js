// What is painted over the picture, at true pixel size, and how to take it back.
const UNDO_BYTES = 96 * 1024 * 1024;

function makeLayer(canvas) {
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const copy = document.createElement("canvas"); // the layer as it was before the present stroke
  const before = copy.getContext("2d", { willReadFrequently: true });
  let past = []; // of each change: {x, y, pixels} as they were
  let stroke = null;

  const whole = () => ({ x: 0, y: 0, right: canvas.width, bottom: canvas.height });

  function grow(box, { x, y }, reach) {
    box.x = Math.max(0, Math.floor(Math.min(box.x, x - reach)));
    box.y = Math.max(0, Math.floor(Math.min(box.y, y - reach)));
    box.right = Math.min(canvas.width, Math.ceil(Math.max(box.right, x + reach)));
    box.bottom = Math.min(canvas.height, Math.ceil(Math.max(box.bottom, y + reach)));
  }

  function remember({ x, y, right, bottom }) {
    if (right <= x || bottom <= y) return;
    past.push({ x, y, pixels: before.getImageData(x, y, right - x, bottom - y) });
    before.putImageData(pen.getImageData(x, y, right - x, bottom - y), x, y);
    let bytes = 0;
    const kept = past.findLastIndex(({ pixels }) => (bytes += pixels.data.length) > UNDO_BYTES);
    past = past.slice(Math.min(kept + 1, past.length - 1));
  }

  function change(draw) {
    pen.save();
    draw(pen, canvas);
    pen.restore();
    remember(whole());
  }

  return {
    resize(width, height) {
      Object.assign(canvas, { width, height });
      Object.assign(copy, { width, height });
      past = [];
      stroke = null;
    },
    /** `replaces`: half transparent paint takes the place of what is there, and never adds up. */
    begin(point, { erase, colour, size, replaces }) {
      const modes = erase ? ["destination-out"] : replaces ? ["destination-out", "lighter"] : ["source-over"];
      const box = { x: Infinity, y: Infinity, right: 0, bottom: 0 };
      stroke = { last: point, size, box, modes, colour };
      pen.lineWidth = size;
      pen.lineCap = pen.lineJoin = "round";
      this.draw(point);
    },
    draw(point) {
      if (!stroke) return;
      pen.beginPath();
      pen.moveTo(stroke.last.x, stroke.last.y);
      pen.lineTo(point.x, point.y);
      for (const mode of stroke.modes) {
        pen.globalCompositeOperation = mode;
        pen.strokeStyle = mode === "destination-out" ? "#000" : stroke.colour;
        pen.stroke();
      }
      for (const end of [stroke.last, point]) grow(stroke.box, end, stroke.size / 2 + 2);
      stroke.last = point;
    },
    end() {
      if (!stroke) return;
      const { box } = stroke;
      stroke = null;
      pen.globalCompositeOperation = "source-over";
      remember(box);
    },
    clear: () => change((on) => on.clearRect(0, 0, canvas.width, canvas.height)),
    /** Replace all of the layer with a picture of its size. */
    put(image) {
      change((on) => {
        on.clearRect(0, 0, canvas.width, canvas.height);
        on.drawImage(image, 0, 0, canvas.width, canvas.height);
      });
    },
    invert(colour) {
      change((on) => {
        on.globalCompositeOperation = "xor";
        on.fillStyle = colour;
        on.fillRect(0, 0, canvas.width, canvas.height);
      });
    },
    undo() {
      const last = past.pop();
      if (!last) return;
      pen.putImageData(last.pixels, last.x, last.y);
      before.putImageData(last.pixels, last.x, last.y);
    },
    canUndo: () => past.length > 0,
    /** How much is painted, from 0 to 1; half transparent counts as half. */
    share() {
      const { data } = pen.getImageData(0, 0, canvas.width || 1, canvas.height || 1);
      let sum = 0;
      for (let at = 3; at < data.length; at += 4) sum += data[at];
      return sum / (255 * (data.length / 4));
    },
  };
}
