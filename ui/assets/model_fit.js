// Says that the checkpoint cannot do this tab's task, and offers one that can.
const part = (name) => element.querySelector(`[data-part="${name}"]`);

function tell() {
  const { sentence = "", switch: name = "" } = props.value || {};
  part("misfit").hidden = !sentence;
  part("sentence").textContent = sentence;
  part("switch").hidden = !name;
  part("switch").textContent = `Switch to ${name}`;
}

part("switch").addEventListener("click", () => trigger("switch", {}));
watch("value", tell);
tell();
