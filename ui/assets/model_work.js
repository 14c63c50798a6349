// What is being done with the models folder: a line with a bar for each piece of work.
const STOPPABLE = "running";

function timeLeft(seconds) {
  if (seconds < 100) return `${Math.max(1, Math.round(seconds))} s left`;
  return `${Math.round(seconds / 60)} min left`;
}

function progressOf(work) {
  if (work.state !== STOPPABLE) return work.sentence;
  if (!work.total) return "At work";
  const left = work.seconds_left === null ? "" : ` · ${timeLeft(work.seconds_left)}`;
  return `${bytes(work.done)} of ${bytes(work.total)}${left}`;
}

function makeWorks(list, stop) {
  const lines = new Map(); // of each piece of work: its nodes, kept so that a button keeps its focus

  function make(work) {
    const line = node("li", "work");
    const title = node("span", "work-title", work.title);
    const button = node("button", "tool");
    button.type = "button";
    button.addEventListener("click", () => stop(work.number));
    const bar = node("span", "progress work-bar");
    bar.append(node("i"));
    const told = node("span", "work-told");
    line.append(title, button, bar, told);
    return { line, button, bar, told };
  }

  function draw(work) {
    if (!lines.has(work.number)) lines.set(work.number, make(work));
    const { line, button, bar, told } = lines.get(work.number);
    const running = work.state === STOPPABLE;
    line.dataset.state = work.state;
    button.textContent = running ? "Stop" : "Close";
    button.setAttribute("aria-label", `${button.textContent}: ${work.title}`);
    bar.hidden = !running;
    bar.classList.toggle("unknown", !work.total);
    bar.firstElementChild.style.width = work.total ? `${(100 * work.done) / work.total}%` : "";
    told.textContent = progressOf(work);
    return line;
  }

  return (works) => {
    const wanted = works.map(draw);
    const same = wanted.length === list.children.length && wanted.every((line, i) => line === list.children[i]);
    if (!same) list.replaceChildren(...wanted);
    for (const number of lines.keys()) if (!works.some((work) => work.number === number)) lines.delete(number);
  };
}
