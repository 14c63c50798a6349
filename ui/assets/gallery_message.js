// One sentence at the gallery's foot, with Undo where something can be taken back.
const STAYS = 20_000; // milliseconds; after that the bin still has what was deleted

function makeMessage(part, undo) {
  let pictures = []; // what Undo brings back
  let timer = 0;

  function say(sentence, undoable = []) {
    clearTimeout(timer);
    if (sentence) timer = setTimeout(say, STAYS, "");
    pictures = undoable;
    part("message-text").textContent = sentence;
    part("undo").hidden = !undoable.length;
    part("message").hidden = !sentence;
  }

  part("undo").addEventListener("click", () => undo(pictures));
  part("message-close").addEventListener("click", () => say(""));

  return {
    say,
    /** Do something; what goes wrong is said. */
    async attempt(work) {
      try {
        await work();
      } catch (error) {
        say(error.message);
      }
    },
  };
}
