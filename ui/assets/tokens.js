// Draws the chips. Texts are the user's: they are written with textContent only.
const label = element.querySelector('[data-part="label"]');
const chips = element.querySelector('[data-part="chips"]');
const HUES = 8;

function chip([text, chunk], index, all) {
  const word = text.trim();
  const node = document.createElement("span");
  node.textContent = word || "␣";
  node.className = /^[\p{P}\p{S}]$/u.test(word) ? "chip plain" : "chip";
  node.style.setProperty("--hue", index % HUES);
  const before = all[index - 1];
  if (before && before[1] !== chunk) node.dataset.chunk = `part ${chunk + 1}`;
  // Tokens of one word stand without a gap between them.
  if (before && before[0] === before[0].trimEnd()) node.classList.add("joined");
  return node;
}

function draw() {
  const value = props.value || { label: "…/75", chips: [], more: 0 };
  label.textContent = value.label;
  chips.replaceChildren(...value.chips.map(chip));
  if (value.more) chips.append(`and ${value.more.toLocaleString("en")} more`);
}

watch("value", draw);
draw();
trigger("recount");
document.addEventListener("atelier:ready", () => trigger("recount"));
