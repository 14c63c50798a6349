// Masks between the layer, where painted is opaque, and files, where it is white.
const MASK_COLOUR = [255, 45, 111];
const maskColour = (opacity) => `rgb(${MASK_COLOUR.join(" ")} / ${opacity})`;

/** The layer as a grey picture: white where it is opaque. */
function maskOf(layer) {
  const canvas = emptyCanvas(layer.width, layer.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(layer, 0, 0);
  pen.globalCompositeOperation = "source-in";
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.globalCompositeOperation = "destination-over";
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

/** A layer of a picture's size from what `opacity(red, green, blue, alpha)` says of each pixel. */
function layerFrom(image, width, height, opacity) {
  const canvas = emptyCanvas(width, height);
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0, width, height);
  const pixels = pen.getImageData(0, 0, width, height);
  const { data } = pixels;
  for (let at = 0; at < data.length; at += 4) {
    const alpha = opacity(data[at], data[at + 1], data[at + 2], data[at + 3]);
    data.set(MASK_COLOUR, at);
    data[at + 3] = alpha;
  }
  pen.putImageData(pixels, 0, 0);
  return canvas;
}

/** The layer that a mask file stands for; throws where it has another shape than the picture. */
function maskLayer(image, picture) {
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  // The same shape within a rounding may be stretched; anything else would mask the wrong place.
  if (Math.abs((width * picture.height) / (height * picture.width) - 1) > 0.02) {
    throw new Error(
      `The mask is ${width} × ${height} pixels and the picture ${picture.width} × ` +
        `${picture.height}; load a mask of the picture's shape.`,
    );
  }
  const brightness = (red, green, blue, alpha) =>
    ((0.299 * red + 0.587 * green + 0.114 * blue) * alpha) / 255;
  return layerFrom(image, picture.width, picture.height, brightness);
}

/** The layer that masks what is transparent; throws where nothing is. */
function transparencyLayer(picture) {
  let found = false;
  const canvas = layerFrom(picture, picture.width, picture.height, (red, green, blue, alpha) => {
    found ||= alpha < 255;
    return 255 - alpha;
  });
  if (!found) throw new Error("This picture is opaque everywhere; paint or load a mask.");
  return canvas;
}
