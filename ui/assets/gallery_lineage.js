// The pictures that a picture came from and those made from it, as a tree from left to right.
function drawLineage(box, itself, { ancestors, descendants }, open) {
  function thumbnail(picture) {
    const button = document.createElement("button");
    const own = picture.id === itself.id;
    button.type = "button";
    button.className = own ? "kin own" : "kin";
    button.title = picture.title || "No words";
    button.setAttribute("aria-label", own ? "This picture" : `Show ${picture.name}`);
    if (own) button.setAttribute("aria-current", "true");
    if (picture.deleted) button.classList.add("gone");
    const image = document.createElement("img");
    image.src = picture.thumbnail;
    image.alt = "";
    button.append(image);
    if (!own) button.addEventListener("click", () => open(picture));
    return button;
  }

  function branch(picture, children) {
    const node = document.createElement("div");
    node.className = "branch";
    node.append(thumbnail(picture));
    if (!children.length) return node;
    const twigs = document.createElement("div");
    twigs.className = "twigs";
    twigs.append(...children);
    node.append(twigs);
    return node;
  }

  const grown = (picture) => branch(picture, picture.children.map(grown));
  let tree = branch(itself, descendants.map(grown));
  for (const ancestor of ancestors.toReversed()) tree = branch(ancestor, [tree]);
  box.replaceChildren(tree);
  const own = box.querySelector(".own");
  box.scrollLeft = own.offsetLeft - (box.clientWidth - own.offsetWidth) / 2;
}
