// Pictures that the Studio keeps: handed in as files, had back by the hash of their content.
const inputAddress = (ref) => `./atelier/inputs/${encodeURIComponent(ref.sha256)}`;

/** Hand a file to the Studio: {sha256, width, height, note}; throws an Error with a sentence. */
const keepPicture = (file) => post("./atelier/inputs", { body: file });

/** Ask for something that is made of kept pictures; throws an Error with a sentence. */
function ask(address, what) {
  const headers = { "Content-Type": "application/json" };
  return post(address, { headers, body: JSON.stringify(what) });
}

async function post(address, options) {
  let answer;
  try {
    answer = await fetch(address, { method: "POST", ...options });
  } catch {
    throw new Error("The picture could not be sent: the server does not answer.");
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  const sentence = typeof told.detail === "string" ? told.detail : "";
  const error = new Error(sentence || "The picture could not be worked with.");
  throw Object.assign(error, { status: answer.status });
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
