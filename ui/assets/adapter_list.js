// What prompts may name: fetched when the list is opened; a click writes a name into the prompt.
const HEADINGS = { LoRA: "LoRAs", embedding: "Embeddings", hypernetwork: "Hypernetworks" };
const NONE_FOUND =
  "Nothing here yet. Put LoRAs into models/loras, embeddings into models/embeddings and " +
  "hypernetworks into models/hypernetworks.";

function literally(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

// How a name stands in a prompt already, whatever strength it has there.
function mentioned(adapter) {
  if (adapter.kind === "embedding") return new RegExp(`(^|[\\s,]+)${literally(adapter.mention)}(?=$|[\\s,:)\\]])`, "i");
  const word = adapter.mention.slice(0, adapter.mention.indexOf(":"));
  return new RegExp(`\\s*${word}:${literally(adapter.name)}(:[^<>]*)?>`, "i");
}

function textbox() {
  return document.querySelector(`[id="${props.box}"] textarea`);
}

function write(box, text) {
  box.focus();
  box.setSelectionRange(0, box.value.length);
  // Through the browser's own editing, so that it can be undone.
  if (!document.execCommand("insertText", false, text)) {
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function toggleName(adapter) {
  const box = textbox();
  const place = mentioned(adapter);
  if (place.test(box.value)) return write(box, box.value.replace(place, ""));
  const gap = box.value === "" || /\s$/.test(box.value) ? "" : adapter.kind === "embedding" ? ", " : " ";
  write(box, box.value + gap + adapter.mention);
}

function adapterButton(adapter) {
  const node = document.createElement("button");
  node.type = "button";
  node.className = "adapter-name";
  node.textContent = adapter.name;
  node.title = `Writes ${adapter.mention}, or takes it out`;
  node.addEventListener("click", () => toggleName(adapter));
  return node;
}

function listed(adapters) {
  if (!adapters.length) {
    const sentence = document.createElement("p");
    sentence.textContent = NONE_FOUND;
    return [sentence];
  }
  return Object.entries(HEADINGS).flatMap(([kind, heading]) => {
    const of_kind = adapters.filter((adapter) => adapter.kind === kind);
    if (!of_kind.length) return [];
    const title = document.createElement("h4");
    title.textContent = heading;
    return [title, ...of_kind.map(adapterButton)];
  });
}

async function fillList(list) {
  const reply = await fetch("./atelier/adapters", { cache: "no-store" });
  const adapters = reply.ok ? await reply.json() : [];
  const useful = adapters.filter((each) => !props.negative || each.kind === "embedding");
  list.replaceChildren(...listed(useful));
}
