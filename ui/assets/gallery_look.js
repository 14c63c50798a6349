// One picture large: its steps, its settings, where it came from, and what may be done with it.
function makeLook(part, tabs, on) {
  let picture = null; // what is on show, as the list has it
  let story = null; // what its own route tells of it
  let steps = []; // data URIs of the kept steps
  let step = -1; // the one on show; -1: the finished picture
  let peeked = -1;

  const strip = makeStrip(part("look-strip"), {
    choose(index) {
      [step, peeked] = [index < steps.length ? index : -1, -1];
      drawCanvas();
    },
    peek(index) {
      peeked = index < steps.length ? index : -1;
      drawCanvas();
    },
  });
  part("look-send").replaceChildren(...tabs.map(sendButton));

  function sendButton({ tab, name, task, takes }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "tool";
    button.textContent = `Use in ${name}`;
    button.title = takes ? "The picture to start from, with its settings" : "Its words and settings";
    button.dataset.again = takes ? "" : task; // where this is what "Reuse settings" does
    button.addEventListener("click", () => {
      if (takes) on.send(tab, picture);
      else if (story) on.settings(tab, { pairs: story.pairs, picture: null });
    });
    return button;
  }

  async function open(wanted) {
    [picture, story, steps, step, peeked] = [wanted, null, [], -1, -1];
    part("look").hidden = false;
    strip.reset(0);
    part("look-strip").hidden = true;
    part("look-side").scrollTop = 0;
    draw();
    try {
      const told = await askGallery(`/${wanted.id}`);
      if (picture !== wanted) return;
      story = told;
      draw();
      if (told.kept_steps) await openSteps(wanted);
    } catch (error) {
      on.fault(error.message);
    }
  }

  async function openSteps(wanted) {
    const found = await askGallery(`/${wanted.id}/steps`);
    if (picture !== wanted || !found.length) return;
    steps = found;
    strip.reset(steps.length);
    steps.forEach((src, index) => strip.fill(index, src));
    strip.fill(steps.length, picture.thumbnail);
    part("look-strip").hidden = false;
    drawCanvas();
  }

  function draw() {
    drawCanvas();
    drawBar();
    part("look-told").hidden = !story;
    for (const name of ["inputs", "lineage"]) part(`look-${name}`).hidden = true;
    part("look-parent").hidden = true;
    if (story) drawStory();
  }

  function drawBar() {
    part("look-star").setAttribute("aria-pressed", String(picture.favourite));
    part("look-delete").textContent = picture.deleted ? "Restore" : "Delete";
    part("look-delete").title = picture.deleted ? "Out of the bin" : "Into the bin (Delete)";
    part("look-download").href = picture.url;
    part("look-download").setAttribute("download", picture.name);
    const [newer, older] = on.beside(picture);
    part("look-newer").disabled = !newer;
    part("look-older").disabled = !older;
    for (const button of part("look-send").children) {
      button.hidden = button.dataset.again === picture.task;
    }
  }

  function drawCanvas() {
    const seen = peeked >= 0 ? peeked : step;
    const image = part("look-image");
    const src = steps[seen] ?? picture.url;
    if (image.getAttribute("src") !== src) image.src = src;
    image.alt = steps[seen] ? `Step ${seen + 1}` : picture.title || "The finished picture";
    strip.mark(seen >= 0 ? seen : steps.length);
    const when = new Date(picture.created * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    part("look-status").textContent = steps[seen] ? `Step ${seen + 1} of ${steps.length}, as it was` : when;
    const seed = story ? ` · seed ${story.seed}` : "";
    part("look-facts").textContent = `${picture.width} × ${picture.height}${seed}`;
  }

  function drawStory() {
    tellSettings(part("look-told"), story);
    part("look-inputs").hidden = !story.inputs.length;
    part("look-input-list").replaceChildren(...story.inputs.map(inputFigure));
    const { ancestors, descendants } = story.lineage;
    part("look-lineage").hidden = !(ancestors.length || descendants.length);
    if (!part("look-lineage").hidden) {
      drawLineage(part("look-tree"), picture, story.lineage, (kin) => on.open(kin));
    }
    part("look-parent").hidden = !ancestors.length;
  }

  function inputFigure({ label, url }) {
    const figure = document.createElement("figure");
    const image = document.createElement("img");
    const caption = document.createElement("figcaption");
    image.src = url;
    image.alt = caption.textContent = label;
    image.loading = "lazy";
    figure.append(image, caption);
    return figure;
  }

  part("look-reuse").addEventListener("click", () => on.reuse(picture));
  part("look-copy").addEventListener("click", () => {
    if (story) copyText(story.infotext, part("look-copy"));
  });
  part("look-parent").addEventListener("click", () => on.compare(story.lineage.ancestors.at(-1), picture));

  return {
    open,
    close() {
      part("look").hidden = true;
      part("look-image").removeAttribute("src");
    },
    isOpen: () => !part("look").hidden,
    /** The picture on show, or null. */
    shown: () => (part("look").hidden ? null : picture),
    /** Draw again what may have changed of it. */
    refresh: () => !part("look").hidden && drawBar(),
  };
}
