// The gallery's keys, while its tab is on show and nobody types.
function onGalleryKeys({ inUse, close, search, keys }) {
  const typing = (node) => node.matches?.("textarea, select, input:not([type=range])");
  const pressesOn = (node, key) => node.matches?.("button, a") && ["Enter", " "].includes(key);

  document.addEventListener("keydown", (event) => {
    if (!inUse() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "Escape") {
      if (close()) event.preventDefault();
      return;
    }
    if (typing(event.target)) return;
    const work = key === "/" ? search : Object.hasOwn(keys(), key) && keys()[key];
    if (!work || pressesOn(event.target, key)) return;
    event.preventDefault();
    work();
  });
}
