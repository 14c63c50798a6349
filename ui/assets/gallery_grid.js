// The thumbnails on show. Of ten thousand pictures only those near the window are in the page.
const AHEAD = 700; // pixels above and below the window that are drawn too

function makeGrid(scroll, space, on) {
  const nodes = new Map(); // of what is drawn: key -> element
  let pictures = [];
  let rows = [];
  let chosen = new Set();
  let current = -1;

  const wanted = () => (scroll.clientWidth < 560 ? 118 : 188);

  function cellNode(picture) {
    const node = document.createElement("div");
    node.className = "shot";
    node.id = `gallery-picture-${picture.id}`;
    node.dataset.id = picture.id;
    node.setAttribute("role", "option");
    const image = document.createElement("img");
    image.src = picture.thumbnail;
    image.alt = "";
    image.decoding = "async";
    image.draggable = false;
    image.addEventListener("error", () => node.classList.add("broken"));
    node.append(image, mark("choose", "Choose"), mark("star", "Favourite"));
    return node;
  }

  function mark(name, title) {
    const node = document.createElement("i");
    node.className = `mark mark-${name}`;
    node.title = title;
    node.dataset.mark = name;
    return node;
  }

  function headingNode(day) {
    const node = document.createElement("h3");
    node.className = "day";
    node.textContent = dayName(day);
    return node;
  }

  function place(node, top, left, width, height) {
    node.style.cssText = `top:${top}px;left:${left}px;width:${width}px;height:${height}px`;
  }

  function dress(node, picture, index) {
    const words = picture.title || "No words";
    node.setAttribute("aria-label", picture.favourite ? `${words}, favourite` : words);
    node.title = picture.title;
    node.setAttribute("aria-selected", String(chosen.has(picture.id)));
    node.classList.toggle("favourite", picture.favourite);
    node.classList.toggle("current", index === current);
  }

  function keepOnly(keys) {
    for (const [key, node] of nodes) {
      if (keys.has(key)) continue;
      node.remove();
      nodes.delete(key);
    }
  }

  function draw() {
    const [from, to] = [scroll.scrollTop - AHEAD, scroll.scrollTop + scroll.clientHeight + AHEAD];
    const near = rowsBetween(rows, from, to);
    const keys = near.flatMap(({ day, cells }) => day ?? cells.map(({ index }) => pictures[index].id));
    keepOnly(new Set(keys));
    let last = null; // the nodes stand in the page in the order that they are seen in
    const put = (key, make) => {
      const node = nodes.get(key) ?? make();
      nodes.set(key, node);
      if (!node.parentNode || node.previousSibling !== last) {
        space.insertBefore(node, last ? last.nextSibling : space.firstChild);
      }
      last = node;
      return node;
    };
    for (const row of near) {
      if (row.day) {
        place(put(row.day, () => headingNode(row.day)), row.top, 0, scroll.clientWidth, row.height);
      }
      for (const { index, left, width } of row.cells ?? []) {
        const node = put(pictures[index].id, () => cellNode(pictures[index]));
        place(node, row.top, left, width, row.height);
        dress(node, pictures[index], index);
      }
    }
    const picture = pictures[current];
    if (picture) scroll.setAttribute("aria-activedescendant", `gallery-picture-${picture.id}`);
    else scroll.removeAttribute("aria-activedescendant");
    scroll.classList.toggle("choosing", chosen.size > 0);
    if (to + AHEAD > space.offsetHeight) on.end();
  }

  function arrange() {
    if (!scroll.clientWidth) return;
    const laid = layOut(pictures, space.clientWidth, wanted());
    rows = laid.rows;
    space.style.height = `${laid.height}px`;
    draw();
  }

  function reveal(index) {
    const row = rows.find(({ cells }) => cells?.some((cell) => cell.index === index));
    if (!row) return;
    const [top, bottom] = [scroll.scrollTop, scroll.scrollTop + scroll.clientHeight];
    if (row.top < top) scroll.scrollTop = row.top - HEADING;
    else if (row.top + row.height > bottom) {
      scroll.scrollTop = row.top + row.height + GAP - scroll.clientHeight;
    }
    draw();
  }

  scroll.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  new ResizeObserver(arrange).observe(scroll);
  space.addEventListener("click", (event) => {
    const node = event.target.closest(".shot");
    if (!node) return;
    const index = pictures.findIndex(({ id }) => id === Number(node.dataset.id));
    on.click(index, event.target.dataset.mark ?? "", event);
  });

  return {
    show(list, chosenIds, at) {
      [pictures, chosen, current] = [list, chosenIds, at];
      arrange();
    },
    mark(chosenIds, at) {
      [chosen, current] = [chosenIds, at];
      draw();
    },
    reveal,
    above: (index) => neighbour(rows, index, -1),
    below: (index) => neighbour(rows, index, 1),
  };
}
