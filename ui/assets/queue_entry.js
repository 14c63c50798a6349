// One job of the queue as a row: its place, what it is, and what may be done with it.
const TASK_NAMES = {
  "text-to-image": "Text to image",
  "image-to-image": "Image to image",
  inpainting: "Inpaint",
  "depth-to-image": "Depth to image",
};
const WHOSE = { other: "Another browser’s", program: "A program’s" };

function makeQueueEntry(job, index, on) {
  const node = document.createElement("li");
  node.classList.toggle("foreign", job.whose !== "mine");
  node.dataset.id = job.id || "";
  node.append(place(), described());
  if (job.id) node.append(actions());
  if (job.id && !job.running && job.whose === "mine") makeDraggable();
  return node;

  function place() {
    const mark = document.createElement("span");
    mark.className = job.running ? "queue-place running" : "queue-place";
    mark.textContent = job.running ? "" : index + 1;
    mark.style.setProperty("--share", job.share);
    if (job.running) {
      mark.setAttribute("role", "img");
      mark.setAttribute("aria-label", `being painted, ${Math.round(100 * job.share)} %`);
    }
    return mark;
  }

  function described() {
    const box = document.createElement("div");
    const words = document.createElement("p");
    words.textContent = name();
    const facts = document.createElement("p");
    facts.className = "queue-facts";
    const count = job.pictures > 1 ? ` · ${job.pictures} pictures` : "";
    facts.textContent = `${TASK_NAMES[job.task]} · ${job.width} × ${job.height}${count}`;
    box.append(words, facts);
    return box;
  }

  function name() {
    if (job.whose === "mine") return job.words.trim() || "Without words";
    return `${WHOSE[job.whose]} ${job.pictures > 1 ? "pictures" : "picture"}`;
  }

  function actions() {
    const box = document.createElement("div");
    box.className = "queue-actions";
    if (!job.running && job.whose === "mine") {
      box.append(button("↑", "Move up", () => on.step(job.id, -1)), button("↓", "Move down", () => on.step(job.id, 1)));
    }
    if (job.running && job.pictures > 1) {
      box.append(button("Skip", "Go on with the next picture of the batch", () => on.skip(job.id)));
    }
    box.append(button("×", job.running ? "Stop" : "Take out", () => on.cancel(job.id)));
    return box;
  }

  function button(sign, label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = sign;
    made.title = label;
    made.setAttribute("aria-label", `${label}: ${name().slice(0, 60)}`);
    made.dataset.act = label;
    made.addEventListener("click", act);
    return made;
  }

  function makeDraggable() {
    node.draggable = true;
    node.addEventListener("dragstart", (event) => {
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", job.id);
      node.classList.add("dragged");
      on.drag(job.id);
    });
    node.addEventListener("dragend", () => on.drag(null));
    node.addEventListener("dragover", (event) => on.over(event, node));
    node.addEventListener("drop", (event) => on.drop(event, job.id));
  }
}
