// Where each thumbnail stands: days under headings, pictures in rows that fill the width without
// cropping. Plain numbers: nothing here touches the page.
const HEADING = 34;
const GAP = 6;
const SHAPES = [0.4, 3]; // narrower or wider pictures are cropped in their thumbnail

const dayOf = (picture) => picture.path.slice(0, 10);
const shapeOf = ({ width, height }) =>
  Math.min(SHAPES[1], Math.max(SHAPES[0], width / Math.max(1, height)));

/** Rows {top, height, day} or {top, height, cells: [{index, left, width}]}, and their height. */
function layOut(pictures, width, wanted) {
  const rows = [];
  let top = 0;
  let pending = []; // indices of the row being filled
  let shapes = 0; // the sum of their shapes

  function close(full) {
    if (!pending.length) return;
    const room = width - GAP * (pending.length - 1);
    const height = Math.round(full ? room / shapes : Math.min(wanted, room / shapes));
    let left = 0;
    const cells = pending.map((index, place) => {
      const last = full && place === pending.length - 1; // takes what the rounding leaves over
      const cell = { index, left, width: last ? width - left : Math.round(height * shapeOf(pictures[index])) };
      left += cell.width + GAP;
      return cell;
    });
    rows.push({ top, height, cells });
    top += height + GAP;
    [pending, shapes] = [[], 0];
  }

  pictures.forEach((picture, index) => {
    const day = dayOf(picture);
    if (!index || day !== dayOf(pictures[index - 1])) {
      close(false);
      rows.push({ top, height: HEADING, day });
      top += HEADING;
    }
    pending.push(index);
    shapes += shapeOf(picture);
    if (shapes * wanted + GAP * (pending.length - 1) >= width) close(true);
  });
  close(false);
  return { rows, height: top };
}

/** The rows that touch the pixels from `from` to `to`. */
function rowsBetween(rows, from, to) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].top + rows[middle].height < from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < rows.length && rows[end].top <= to) end += 1;
  return rows.slice(low, end);
}

/** The index of the picture above (-1) or below (1) another, nearest to its middle. */
function neighbour(rows, index, step) {
  const at = rows.findIndex(({ cells }) => cells?.some((cell) => cell.index === index));
  const { left, width } = rows[at]?.cells.find((cell) => cell.index === index) ?? { left: 0, width: 0 };
  let next = at + step;
  while (rows[next] && !rows[next].cells) next += step;
  if (!rows[next]) return index;
  const away = (cell) => Math.abs(cell.left + cell.width / 2 - left - width / 2);
  return rows[next].cells.reduce((best, cell) => (away(cell) < away(best) ? cell : best)).index;
}

function dayName(day) {
  const date = new Date(`${day}T12:00`);
  const days = Math.round((new Date().setHours(12, 0, 0, 0) - date) / 86400000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long", year });
}
