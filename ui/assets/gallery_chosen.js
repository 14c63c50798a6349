// The pictures that are chosen, by id, and the bar that says how many they are.
function makeChosen(part, pages, inBin, drawn) {
  const ids = new Set();
  const pictures = () => pages.all().filter(({ id }) => ids.has(id));

  function draw() {
    const there = new Set(pages.all().map(({ id }) => id));
    for (const id of ids) if (!there.has(id)) ids.delete(id);
    part("chosen").hidden = !ids.size;
    part("chosen-count").textContent = `${ids.size} chosen`;
    part("chosen-compare").disabled = ids.size !== 2;
    part("chosen-delete").textContent = inBin() ? "Restore" : "Delete";
    part("binned").hidden = !inBin() || ids.size > 0 || !there.size;
    drawn();
  }

  /** A form of its own, so that the browser saves the answer while it is still being sent. */
  function download() {
    const form = document.createElement("form");
    const field = document.createElement("input");
    Object.assign(form, { method: "post", action: `${GALLERY}/zip`, hidden: true });
    Object.assign(field, { type: "hidden", name: "ids", value: [...ids].join(",") });
    form.append(field);
    document.body.append(form);
    form.submit();
    form.remove();
  }

  part("chosen-zip").addEventListener("click", download);

  return {
    ids,
    pictures,
    draw,
    toggle(id) {
      if (!ids.delete(id)) ids.add(id);
      draw();
    },
    add(more) {
      for (const { id } of more) ids.add(id);
      draw();
    },
    clear() {
      ids.clear();
      draw();
    },
  };
}
