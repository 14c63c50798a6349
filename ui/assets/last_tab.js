// Opens the page on the tab where this browser left it.
(() => {
  const KEY = "atelier.tab";
  const wanted = localStorage.getItem(KEY);
  const tabs = () => [...document.querySelectorAll('#tasks [role="tab"]')];
  const selected = () => tabs().find((tab) => tab.ariaSelected === "true");

  addEventListener("pagehide", () => {
    if (selected()) localStorage.setItem(KEY, selected().dataset.tabId);
  });

  function open() {
    const tab = tabs().find((one) => one.dataset.tabId === wanted);
    if (!tab || !document.querySelector(".easel")) return; // the first tab is not there yet
    waiting.disconnect();
    if (tab !== selected()) tab.click();
  }

  const waiting = new MutationObserver(open);
  if (wanted) waiting.observe(document.body, { childList: true, subtree: true });
})();
