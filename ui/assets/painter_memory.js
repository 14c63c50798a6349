// What a reload finds of the painter, in the browser's own storage.
function makeMemory(key) {
  return {
    save(kept) {
      try {
        localStorage.setItem(key, JSON.stringify(kept));
      } catch {
        localStorage.removeItem(key); // too large to be kept: the next visit starts anew
      }
    },
    load() {
      try {
        return JSON.parse(localStorage.getItem(key));
      } catch {
        return null; // what another version left
      }
    },
  };
}
