// Download, settings and their copy, for whichever finished picture is on the canvas.
function makePictureTools(part) {
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
    part("infotext").hidden = !wanted;
    part("more").setAttribute("aria-expanded", String(wanted));
  }

  part("copy").addEventListener("click", copy);
  part("more").addEventListener("click", () => open(part("infotext").hidden));

  return {
    draw(saved) {
      part("tools").classList.toggle("unused", !saved);
      if (!saved) return open(false);
      part("download").href = saved.url;
      part("download").setAttribute("download", saved.name);
      part("infotext").textContent = saved.infotext;
      part("infoline").textContent = saved.infotext.replaceAll("\n", " · ");
    },
  };
}
