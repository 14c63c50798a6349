// Runs once, before the widgets are there: the theme, the keys, and the help texts.
(() => {
  const HELP = __HELP__;
  const THEME_KEY = "atelier.theme";

  function setTheme(name) {
    document.body.classList.toggle("dark", name === "dark");
    document.documentElement.style.colorScheme = name;
  }

  const stored = localStorage.getItem(THEME_KEY);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const wanted = () => localStorage.getItem(THEME_KEY) || (system.matches ? "dark" : "light");
  setTheme(stored || wanted());
  // gradio sets its own idea of the theme while it starts
  new MutationObserver(() => {
    if (document.body.classList.contains("dark") !== (wanted() === "dark")) setTheme(wanted());
  }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  document.addEventListener("atelier:theme", () => {
    localStorage.setItem(THEME_KEY, wanted() === "dark" ? "light" : "dark");
    setTheme(wanted());
  });

  const visible = (selector) =>
    [...document.querySelectorAll(selector)].find((node) => node.offsetParent !== null);

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        event.stopPropagation();
        visible("button.go")?.click();
      } else if (event.key === "Escape" && !document.querySelector("ul.option-list, .queue-panel:not([hidden])")) {
        visible("button.halt")?.click();
      }
    },
    true,
  );

  // Help: one bubble, filled for whichever control is under the pointer or has the focus.
  const bubble = document.createElement("div");
  bubble.id = "help-bubble";
  bubble.setAttribute("role", "tooltip");
  bubble.hidden = true;
  document.body.append(bubble);
  let timer = 0;

  function helpFor(target) {
    if (target.closest?.(".queue-panel")) return null; // its buttons have titles of their own
    const control = target.closest?.('[id*="--"]');
    const text = control && HELP[control.id.split("--")[1]];
    return text ? { control, text } : null;
  }

  function place(control) {
    const box = control.getBoundingClientRect();
    const left = Math.min(box.left, innerWidth - bubble.offsetWidth - 8);
    const below = box.bottom + 6;
    const fits = below + bubble.offsetHeight < innerHeight;
    bubble.style.left = `${Math.max(8, left)}px`;
    bubble.style.top = `${fits ? below : box.top - bubble.offsetHeight - 6}px`;
  }

  function show({ control, text }) {
    bubble.textContent = text;
    bubble.hidden = false;
    place(control);
  }

  function hide() {
    clearTimeout(timer);
    bubble.hidden = true;
  }

  function describe(found) {
    for (const input of found.control.querySelectorAll("input, textarea, select")) {
      input.setAttribute("aria-description", found.text);
    }
    if (found.control.matches("button")) found.control.setAttribute("aria-description", found.text);
  }

  function offer(event, delay) {
    const found = helpFor(event.target);
    hide();
    if (!found) return;
    describe(found);
    timer = setTimeout(show, delay, found);
  }

  document.addEventListener("mouseover", (event) => offer(event, 600));
  document.addEventListener("focusin", (event) => {
    const typing = event.target.matches("textarea, input:not([type=range]):not([type=radio])");
    const found = helpFor(event.target);
    if (found) describe(found);
    if (!typing && event.target.matches(":focus-visible")) offer(event, 600);
  });
  for (const name of ["mouseout", "focusout", "pointerdown", "keydown", "scroll", "wheel"]) {
    document.addEventListener(name, hide, { capture: true, passive: true });
  }
})();
