// The pictures of a batch as small buttons at the canvas's edge.
function makeBatch(box, choose) {
  function button(index) {
    const node = document.createElement("button");
    node.type = "button";
    node.setAttribute("aria-label", `Picture ${index + 1} of the batch`);
    const image = document.createElement("img");
    image.alt = "";
    node.append(image);
    node.addEventListener("click", () => choose(index));
    return node;
  }

  function drawOne(node, src, pressed) {
    const image = node.firstElementChild;
    node.disabled = !src;
    node.classList.toggle("empty", !src);
    node.setAttribute("aria-pressed", String(pressed));
    if (!src) image.removeAttribute("src");
    else if (image.getAttribute("src") !== src) image.src = src;
  }

  return {
    draw(job, shown) {
      const count = job.pictures > 1 ? job.pictures : 0;
      box.hidden = !count;
      while (box.children.length > count) box.lastElementChild.remove();
      while (box.children.length < count) box.append(button(box.children.length));
      [...box.children].forEach((node, index) => {
        const newest = job.frames[index].findLast((frame) => frame?.src);
        drawOne(node, job.saved[index]?.url || newest?.src, index === shown);
      });
    },
  };
}
