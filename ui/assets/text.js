// Writes the value into the template's only element, as text.
const target = element.firstElementChild;
const write = () => {
  target.textContent = props.value || "";
  target.title = props.value || "";
};
watch("value", write);
write();
