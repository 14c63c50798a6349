// The queue panel. The Studio tells the order; which jobs are ours is what the canvases remember.
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
let jobs = [];
let dragged = null;
let timer = 0;

const isOpen = () => !part("panel").hidden;
const ownWaiting = () => jobs.filter((job) => job.whose === "mine" && !job.running);
const ordinal = (index) => ORDINALS[index] || `${index + 1}th`;

function knownIds() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith("atelier.jobs."));
  return keys.flatMap((key) => {
    try {
      return JSON.parse(localStorage.getItem(key)).filter((id) => typeof id === "string");
    } catch {
      return [];
    }
  });
}

async function post(address, content) {
  const answer = await fetch(`./atelier/${address}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

async function load() {
  clearTimeout(timer);
  try {
    jobs = await post("queue", { jobs: knownIds() });
    if (!dragged) draw();
  } catch {
    part("summary").textContent = "The server does not answer";
  }
  if (isOpen()) timer = setTimeout(load, 1000);
}

function draw() {
  const list = part("list");
  const held = list.contains(document.activeElement) ? document.activeElement : null;
  const [id, act] = [held?.closest("li").dataset.id, held?.dataset.act];
  list.replaceChildren(...jobs.map((job, index) => makeQueueEntry(job, index, acts)));
  // The button that had the focus keeps it, wherever its row is now.
  if (held) (list.querySelector(`[data-id="${id}"] [data-act="${act}"]`) || part("close")).focus();
  part("empty").hidden = jobs.length > 0;
  part("summary").textContent = summary();
}

function summary() {
  if (!jobs.length) return "";
  const next = jobs.findIndex((job) => job.whose === "mine");
  if (next < 0) return "None of it is yours";
  return jobs[next].running ? "Yours is being painted" : `Your picture is ${ordinal(next)}`;
}

async function act(id, address, content = {}) {
  try {
    await post(`jobs/${encodeURIComponent(id)}/${address}`, content);
  } catch {
    // The list, which is loaded now, shows what became of it.
  }
  await load();
  document.dispatchEvent(new Event("atelier:ask"));
}

async function move(id, place) {
  await act(id, "move", { place });
  const order = jobs.filter((job) => job.id).map((job) => job.id);
  document.dispatchEvent(new CustomEvent("atelier:order", { detail: order }));
  const at = jobs.findIndex((job) => job.id === id);
  if (at >= 0) part("announce").textContent = `Your picture is ${ordinal(at)} now.`;
}

const acts = {
  step(id, by) {
    const own = ownWaiting();
    const place = own.findIndex((job) => job.id === id) + by;
    if (place >= 0 && place < own.length) move(id, place);
  },
  async cancel(id) {
    await act(id, "cancel");
    document.dispatchEvent(new CustomEvent("atelier:dropped", { detail: id }));
  },
  skip: (id) => act(id, "skip"),
  drag(id) {
    dragged = id;
    if (!id) draw();
  },
  over(event, node) {
    if (!dragged) return;
    event.preventDefault();
    for (const row of part("list").children) row.classList.toggle("target", row === node);
  },
  drop(event, id) {
    event.preventDefault();
    const moved = dragged;
    dragged = null;
    if (moved && moved !== id) move(moved, ownWaiting().findIndex((job) => job.id === id));
  },
};

function open(yes) {
  part("panel").hidden = !yes;
  part("toggle").setAttribute("aria-expanded", String(yes));
  if (yes) load();
  else clearTimeout(timer);
}

part("toggle").addEventListener("click", () => open(!isOpen()));
part("close").addEventListener("click", () => {
  open(false);
  part("toggle").focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !isOpen()) return;
  open(false);
  part("toggle").focus();
});
document.addEventListener("pointerdown", (event) => {
  if (isOpen() && !element.contains(event.target)) open(false);
});
document.addEventListener("atelier:state", ({ detail }) => {
  const count = (detail.queued || 0) + (detail.busy ? 1 : 0);
  part("count").textContent = count;
  part("count").hidden = !count;
  part("toggle").setAttribute("aria-label", count ? `Queue: ${count}` : "Queue: empty");
});
