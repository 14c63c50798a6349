// Pictures that the Studio keeps: handed in as files, had back by the hash of their content.
const inputAddress = (ref) => `./atelier/inputs/${encodeURIComponent(ref.sha256)}`;

/** Hand a file to the Studio: {sha256, width, height, note}; throws an Error with a sentence. */
async function keepPicture(file) {
  let answer;
  try {
    answer = await fetch("./atelier/inputs", { method: "POST", body: file });
  } catch {
    throw new Error("The picture could not be sent: the server does not answer.");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.detail || "The picture could not be kept.");
  return told;
}

const pngOf = (canvas) => new Promise((done) => canvas.toBlob(done, "image/png"));

/** The pixels of an address, ready to be drawn; null where there is no picture. */
async function pixelsOf(address) {
  const image = new Image();
  image.src = address;
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  }
}

function emptyCanvas(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

/** Two canvases of one size as one picture. */
function flattened(below, above) {
  const whole = emptyCanvas(below.width, below.height);
  const pen = whole.getContext("2d");
  pen.drawImage(below, 0, 0);
  pen.drawImage(above, 0, 0);
  return whole;
}
