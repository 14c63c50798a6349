// The newest pictures on disk; a click shows one on the canvas with its settings.
const strip = element.querySelector('[data-part="strip"]');
const empty = element.querySelector('[data-part="empty"]');

function thumbnail(picture) {
  const button = document.createElement("button");
  button.type = "button";
  button.title = picture.infotext.split("\n")[0].slice(0, 200);
  button.setAttribute("aria-label", `Show picture ${picture.name}`);
  const image = document.createElement("img");
  image.src = picture.thumbnail;
  image.alt = "";
  image.style.aspectRatio = `${picture.width} / ${picture.height}`;
  button.append(image);
  button.addEventListener("click", () => {
    document.dispatchEvent(new CustomEvent("atelier:show", { detail: picture }));
  });
  button.dataset.url = picture.url;
  return button;
}

async function load() {
  let pictures;
  try {
    pictures = await (await fetch("./atelier/recent", { cache: "no-store" })).json();
  } catch {
    return; // the header says that the server does not answer
  }
  const known = new Map([...strip.children].map((child) => [child.dataset.url, child]));
  strip.replaceChildren(...pictures.map((one) => known.get(one.url) || thumbnail(one)));
  empty.hidden = pictures.length > 0;
}

document.addEventListener("atelier:saved", load);
document.addEventListener("atelier:ready", load);
load();
