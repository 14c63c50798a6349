// Follows this browser's jobs one after the other. The jobs live in the Studio: what is kept here
// is only which of them are ours, so that a page that comes back finds them again.
function watchJobs(storageKey, handle) {
  let source = null;
  let current = "";
  let begun = false; // whether the current one is more than queued

  function ids() {
    try {
      const list = JSON.parse(localStorage.getItem(storageKey) || "[]");
      return Array.isArray(list) ? list.filter((id) => typeof id === "string") : [];
    } catch {
      return [];
    }
  }
  const keep = (list) => localStorage.setItem(storageKey, JSON.stringify(list));
  const waiting = () => ids().filter((id) => id !== current).length;

  function leave() {
    source?.close();
    source = null;
  }

  // A job that is over stays known until another follows, so that a reload still shows it.
  function goOn(id, forget) {
    leave();
    const rest = ids().filter((other) => other !== id);
    keep(rest.length || forget ? rest : [id]);
    if (rest.length) follow(rest[0]);
  }

  function receive(id, message) {
    if (id !== current) return;
    begun ||= !["job", "queued"].includes(message.kind);
    const done = ["finished", "cancelled", "failed", "gone"];
    // One that ended while nobody watched is passed over for the next.
    if (message.kind === "job" && done.includes(message.state) && waiting()) return goOn(id, true);
    const ended = done.includes(message.kind);
    if (ended) leave();
    handle(id, message);
    if (ended) goOn(id, message.kind === "gone");
  }

  function follow(id) {
    current = id;
    begun = false;
    source = new EventSource(`./atelier/jobs/${encodeURIComponent(id)}/events`);
    source.onmessage = (event) => receive(id, JSON.parse(event.data));
    // A browser comes back by itself after a lost connection, but not after an answer in error.
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) setTimeout(() => current === id && follow(id), 3000);
    };
  }

  // Jobs that were given another order are followed in it, unless one is being painted already.
  document.addEventListener("atelier:order", ({ detail }) => {
    const order = ids().sort((one, other) => detail.indexOf(one) - detail.indexOf(other));
    keep(order);
    if (!source || begun || order[0] === current) return;
    leave();
    follow(order[0]);
  });
  document.addEventListener("atelier:dropped", ({ detail }) => {
    if (detail !== current) keep(ids().filter((id) => id !== detail));
  });

  const first = ids()[0];
  if (first) follow(first);

  return {
    waiting,
    add(id) {
      // The one on show is over unless it is still being followed.
      keep([...ids().filter((other) => source || other !== current), id]);
      if (!source) follow(id);
    },
    async stop() {
      if (!source) return false;
      await fetch(`./atelier/jobs/${encodeURIComponent(current)}/cancel`, { method: "POST" });
      return true;
    },
    async skip() {
      if (source) await fetch(`./atelier/jobs/${encodeURIComponent(current)}/skip`, { method: "POST" });
    },
    active: () => source !== null,
  };
}
