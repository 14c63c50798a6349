// Download, the way to other tabs, settings and their copy, for whichever finished picture is on the canvas.
function makePictureTools(part, send) {
  const senders = [...part("tools").querySelectorAll("[data-send]")];
  let name = "";

  function copyTheOldWay(text) {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }

  async function copy() {
    const text = part("infotext").textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyTheOldWay(text); // pages that are not on localhost or https have no clipboard
    }
    part("copy").textContent = "Copied";
    setTimeout(() => (part("copy").textContent = "Copy settings"), 1500);
  }

  function open(wanted) {
    part("infobox").hidden = !wanted;
    part("more").setAttribute("aria-expanded", String(wanted));
  }

  part("copy").addEventListener("click", copy);
  part("more").addEventListener("click", () => open(part("infobox").hidden));

  for (const button of senders) {
    button.addEventListener("click", () => send(button.dataset.send, name));
  }

  /** Day and name of a picture that is on disk; one that could not be written has none. */
  function nameOnDisk(url) {
    const { pathname } = new URL(url, document.baseURI);
    return decodeURIComponent(pathname.split("/atelier/pictures/")[1] || "");
  }

  return {
    draw(saved) {
      part("tools").classList.toggle("unused", !saved);
      if (!saved) return open(false);
      name = nameOnDisk(saved.url);
      for (const button of senders) button.disabled = !name;
      part("download").href = saved.url;
      part("download").setAttribute("download", saved.name);
      part("infotext").textContent = saved.infotext;
      part("infoline").textContent = saved.infotext.replaceAll("\n", " · ");
    },
  };
}
