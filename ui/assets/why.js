// "Why is it black?": what the Studio says about a picture whose numbers went wrong.
function makeWhy(part) {
  const closed = new Set(); // addresses of pictures whose panel was closed
  let url = "";

  function item(sentence) {
    const line = document.createElement("li");
    line.textContent = sentence;
    return line;
  }

  function show(open) {
    part("why").hidden = !open;
    part("why-button").setAttribute("aria-expanded", String(open));
    if (open) closed.delete(url);
    else closed.add(url);
  }

  part("why-close").addEventListener("click", () => show(false));
  part("why-button").addEventListener("click", () => show(part("why").hidden));

  return (saved) => {
    const told = saved?.diagnosis;
    part("why-button").hidden = !told;
    if (!told) {
      part("why").hidden = true;
      return;
    }
    url = saved.url;
    part("why-cause").textContent = told.cause;
    part("why-vae").textContent = told.vae;
    part("why-advice").replaceChildren(...told.advice.map(item));
    show(!closed.has(url));
  };
}
