// The rows of the models table. Names come from files: they are written as text, never as HTML.
const PREDICTIONS = { epsilon: "noise (epsilon)", v_prediction: "velocity (v)" };

function bytes(count) {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} GB`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} MB`;
  return `${Math.max(count ? 1 : 0, Math.round(count / 1e3))} KB`;
}

function node(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function nameCell(row) {
  const cell = node("th");
  cell.scope = "row";
  cell.append(node("span", "model-name", row.name));
  if (row.state) cell.append(node("span", "model-state", row.state));
  return cell;
}

function hashCell(row, hashing) {
  const cell = node("td", "hash", row.sha256.slice(0, 10) || (hashing ? "…" : ""));
  if (row.sha256) cell.title = `sha256 ${row.sha256}`;
  return cell;
}

function dateCell(row) {
  const day = row.changed ? new Date(1000 * row.changed) : null;
  const cell = node("td", "date", day ? day.toISOString().slice(0, 10) : "");
  if (day) cell.title = day.toLocaleString();
  return cell;
}

function predictionChoice(row, choose) {
  const select = node("select", "prediction");
  select.setAttribute("aria-label", `What ${row.name} predicts`);
  select.title = `Predicts ${PREDICTIONS[row.prediction]}: ${row.why}. Stable Diffusion 2 at 768 pixels predicts velocity.`;
  for (const [value, label] of Object.entries(PREDICTIONS)) {
    const option = node("option", "", `predicts ${label}`);
    option.value = value;
    option.selected = value === row.prediction;
    select.append(option);
  }
  select.addEventListener("change", () => choose(row, select.value));
  return select;
}

function convertButton(row, convert) {
  const button = node("button", "tool", "Convert to safetensors");
  button.type = "button";
  button.setAttribute("aria-label", `Convert ${row.name} to safetensors`);
  button.title = "Write the weights alone as safetensors beside the file. Nothing in it is run.";
  button.addEventListener("click", () => convert(row));
  return button;
}

function actionCell(row, actions) {
  const cell = node("td", "model-actions");
  if (row.open_choice) cell.append(predictionChoice(row, actions.choose));
  else if (row.prediction === "v_prediction") cell.append(node("span", "hint", "predicts velocity (v)"));
  if (row.convertible) cell.append(convertButton(row, actions.convert));
  return cell;
}

function modelRow(row, hashing, actions) {
  const line = node("tr", row.usable ? "" : "unusable");
  const kind = node("td", "kind", row.kind);
  if (row.folder.startsWith("bundled")) kind.append(node("span", "hint", " · bundled"));
  const size = node("td", "number", row.size ? bytes(row.size) : "");
  line.append(nameCell(row), kind, node("td", "family", row.family), size);
  line.append(hashCell(row, hashing), dateCell(row), actionCell(row, actions));
  return line;
}

// The groups that the table can be narrowed to, by a row's folder.
const GROUPS = {
  Checkpoints: (row) => row.folder === "checkpoints" || (row.folder === "bundled" && row.prediction),
  VAE: (row) => row.folder.endsWith("vae"),
  Adapters: (row) => /^(bundled\/)?(loras|embeddings|hypernetworks)(\/|$)/.test(row.folder),
  Other: (row) => row.folder === "depth" || row.folder === "preview" || (row.folder === "bundled" && !row.prediction),
  Problems: (row) => !row.usable,
};

function matches(row, group, words) {
  if (group && !GROUPS[group](row)) return false;
  const text = `${row.name} ${row.kind} ${row.family} ${row.sha256} ${row.state}`.toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
