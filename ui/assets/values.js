// Sliders of the painter that say their value beside them.
function makeValue(part, name, write, changed = () => {}) {
  const [slider, text] = [part(name), part(`${name}-text`)];
  if (!slider) return null;
  const show = () => (text.textContent = write(Number(slider.value)));
  slider.addEventListener("input", () => {
    show();
    changed(Number(slider.value));
  });
  show();
  return {
    value: () => Number(slider.value),
    set(value) {
      slider.value = value;
      show();
    },
  };
}

const percent = (value) => `${value} %`;
const pixels = (value) => `${value} px`;
