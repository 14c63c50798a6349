// What a picture says of itself: words, settings, what is odd about its models, what is left out.
const QUIET_PAIRS = ["Prompt", "Negative prompt", "Version"];

function titled(name, text, className) {
  const section = document.createElement("section");
  const heading = document.createElement("h3");
  heading.textContent = name;
  const words = document.createElement("p");
  words.className = className;
  words.textContent = text;
  section.append(heading, words);
  return section;
}

function pairList(pairs) {
  const list = document.createElement("dl");
  list.className = "look-pairs";
  for (const [name, value] of pairs) {
    if (QUIET_PAIRS.includes(name) || !value) continue;
    const [term, told] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, told.textContent] = [name, value];
    list.append(term, told);
  }
  return list;
}

function noteLine(sentence) {
  const line = document.createElement("p");
  line.className = "look-note";
  line.textContent = sentence;
  return line;
}

function leftOutLine(leftOut) {
  const named = leftOut.map(([name, value]) => `${name}: ${value}`);
  return noteLine(`Not applied here: ${named.join(" · ")}`);
}

/** Fill `box` with {prompt, negative_prompt, pairs, notes, left_out} as the routes give them. */
function tellSettings(box, { prompt, negative_prompt, pairs, notes, left_out: leftOut }) {
  const unused = new Set(leftOut.map(([name]) => name));
  const parts = notes.map(noteLine);
  if (leftOut.length) parts.push(leftOutLine(leftOut));
  if (prompt) parts.push(titled("Prompt", prompt, "look-words"));
  if (negative_prompt) parts.push(titled("Negative prompt", negative_prompt, "look-words soft"));
  parts.push(pairList(pairs.filter(([name]) => !unused.has(name))));
  box.replaceChildren(...parts);
}

async function copyText(text, button) {
  const name = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea"); // no clipboard but on localhost and https
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = name), 1500);
}
