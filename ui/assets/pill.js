// Asks the Studio for its condition from time to time, and tells the rest of the page.
const pill = element.querySelector(".pill");
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const GIGABYTE = 1024 ** 3;
let phase = "";
let timer = 0;
let models; // the revision of the models folder that the bar's lists show

function doing(state) {
  if (state.phase === "warming") return "warming up";
  if (state.phase === "failed") return "not ready";
  return state.busy ? "painting" : "idle"; // what waits is told by the queue's own button
}

function drawMemory(state) {
  const known = state.memory_total > 0 && state.phase !== "warming";
  part("meter").hidden = part("memory").hidden = !known;
  if (!known) return;
  const used = (state.memory_used / GIGABYTE).toFixed(1);
  const total = (state.memory_total / GIGABYTE).toFixed(1);
  part("memory").textContent = `${used} / ${total} GB`;
  const share = Math.min(1, state.memory_used / state.memory_total);
  part("meter").firstElementChild.style.width = `${100 * share}%`;
}

function draw(state) {
  pill.dataset.phase = state.phase === "ready" && state.busy ? "painting" : state.phase;
  part("device").textContent = state.device || "Engine";
  part("doing").textContent = doing(state);
  drawMemory(state);
  document.dispatchEvent(new CustomEvent("atelier:state", { detail: state }));
  if (state.phase === "ready" && phase !== "ready") {
    document.dispatchEvent(new Event("atelier:ready"));
  }
  phase = state.phase;
  if (models !== undefined && state.models !== models) trigger("models");
  models = state.models;
}

function away() {
  pill.dataset.phase = "failed";
  part("doing").textContent = "not answering";
  part("meter").hidden = part("memory").hidden = true;
  document.dispatchEvent(new CustomEvent("atelier:state", { detail: { phase: "away" } }));
  phase = "away";
}

async function ask() {
  clearTimeout(timer);
  let busy = true;
  try {
    const answer = await fetch("./atelier/state", { cache: "no-store" });
    const state = await answer.json();
    busy = state.phase === "warming" || state.busy || state.queued > 0;
    draw(state);
  } catch {
    away();
  }
  timer = setTimeout(ask, document.hidden ? 15000 : busy ? 1000 : 3000);
}

document.addEventListener("visibilitychange", () => document.hidden || ask());
document.addEventListener("atelier:ask", ask);
ask();
