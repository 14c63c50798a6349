// The picture as the noise of the chosen strength leaves it.
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const CAPTION = "What survives the noise, before painting";

function show() {
  const { src = "", sentence = "" } = props.value || {};
  part("figure").hidden = !src && !sentence;
  part("survivor").hidden = !src;
  if (src) part("survivor").src = src;
  part("caption").textContent = sentence || CAPTION;
}

document.addEventListener("atelier:state", ({ detail }) => {
  if (detail.phase === "ready" && props.value?.waits) trigger("ready", {});
});
watch("value", show);
show();
