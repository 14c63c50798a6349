// Draws the chips. Texts are the user's: they are written with textContent only.
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const [label, chips, list, add] = ["label", "chips", "list", "add"].map(part);
const HUES = 8;

function span(className, text) {
  const node = document.createElement("span");
  node.className = className;
  node.textContent = text;
  return node;
}

function withNumber(node, number) {
  const sign = document.createElement("sup");
  sign.textContent = number;
  node.append(sign);
}

function chip([text, chunk, weight, size, learned], index, all) {
  const word = text.trim();
  const node = span("chip", word || "␣");
  if (/^[\p{P}\p{S}]$/u.test(word)) node.classList.add("plain");
  node.style.setProperty("--hue", index % HUES);
  if (learned) {
    node.classList.add("learned");
    node.title = `An embedding: ${size} ${size === 1 ? "token" : "tokens"}`;
  }
  if (weight !== 1) {
    withNumber(node, weight);
    node.classList.add(weight > 1 ? "raised" : "lowered");
  }
  const before = all[index - 1];
  if (before && before[1] !== chunk) {
    node.dataset.chunk = `part ${chunk + 1}`;
    node.title = "Here begins another part of 75 tokens, which the model reads on its own";
  } else if (before && before[0] === before[0].trimEnd()) {
    // Tokens of one word stand without a gap between them.
    node.classList.add("joined");
  }
  return node;
}

function stage({ when, chips }) {
  return [...(when ? [span("when", when)] : []), ...chips.map(chip)];
}

function adapter({ kind, name, strength, works }) {
  const node = span(works ? "chip named" : "chip named missing", name);
  node.prepend(span("kind", kind === "unknown" ? "tag" : kind));
  if (strength !== 1) withNumber(node, strength);
  return node;
}

function draw() {
  const value = props.value || { label: "…/75", stages: [], adapters: [], problems: [], more: 0 };
  label.textContent = value.label;
  chips.replaceChildren(
    ...value.problems.map((sentence) => span("problem", sentence)),
    ...value.adapters.map(adapter),
    ...value.stages.flatMap(stage),
  );
  if (value.more) chips.append(`and ${value.more.toLocaleString("en")} more`);
}

add.addEventListener("click", () => {
  list.hidden = !list.hidden;
  add.setAttribute("aria-expanded", String(!list.hidden));
  if (!list.hidden) fillList(list);
});
watch("value", draw);
draw();
trigger("recount");
document.addEventListener("atelier:ready", () => trigger("recount"));
