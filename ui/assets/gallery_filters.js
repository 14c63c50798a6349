// Which pictures are asked for: words, checkpoint, task, days, favourites, or those in the bin.
const SEARCH_PAUSE = 250; // milliseconds after the last key

function makeFilters(part, changed) {
  const form = part("filters");
  const { words, checkpoint } = form.elements;
  let timer = 0;

  const pressed = (name) => part(name).getAttribute("aria-pressed") === "true";

  function press(name, on) {
    part(name).setAttribute("aria-pressed", String(on));
  }

  function change() {
    clearTimeout(timer);
    changed();
  }

  function offer(names) {
    const shown = [...checkpoint.options].map(({ value }) => value);
    if (shown.join("\n") === names.join("\n")) return; // it may be open just now
    const kept = checkpoint.value;
    checkpoint.replaceChildren(...names.map((name) => new Option(name || "All checkpoints", name)));
    checkpoint.value = names.includes(kept) ? kept : "";
  }

  for (const name of ["favourites", "bin"]) {
    part(name).addEventListener("click", () => {
      press(name, !pressed(name));
      change();
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", change);
  words.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(change, SEARCH_PAUSE);
  });
  offer([""]);

  return {
    query() {
      const fields = [...new FormData(form)].filter(([, value]) => value);
      const query = Object.fromEntries(fields);
      if (pressed("favourites")) query.favourites = true;
      if (pressed("bin")) query.deleted = true;
      return query;
    },
    inBin: () => pressed("bin"),
    focus: () => words.focus(),
    clear() {
      form.reset();
      press("favourites", false);
      change();
    },
    /** What a first page says besides its pictures. */
    tell({ count, checkpoints, notice }) {
      part("count").textContent = count === 1 ? "1 picture" : `${count.toLocaleString()} pictures`;
      part("notice").textContent = notice;
      part("notice").hidden = !notice;
      offer(["", ...checkpoints]);
    },
  };
}
