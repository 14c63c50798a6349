// Ctrl+Up and Ctrl+Down in a prompt: the weight of the selected words, or of the word at the caret.
(() => {
  const PROMPT = '[id$="--prompt"] textarea, [id$="--negative_prompt"] textarea';
  const STEP = { words: 0.1, tag: 0.05 };
  const WEIGHT = /:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*$/;
  const PARTS_WORDS = /[\s.,\\/!?%^*;:{}=`~()[\]<>|"]/;

  // The innermost `open`...`close` around a stretch of text, as the places of both; or null.
  function around(text, start, end, open, close) {
    let depth = 0;
    let first = start - 1;
    for (; first >= 0; first--) {
      if (text[first - 1] === "\\") continue;
      if (text[first] === close) depth++;
      else if (text[first] === open && depth-- === 0) break;
    }
    if (first < 0) return null;
    depth = 0;
    for (let last = end; last < text.length; last++) {
      if (text[last - 1] === "\\") continue;
      if (text[last] === open) depth++;
      else if (text[last] === close && depth-- === 0) return [first, last];
    }
    return null;
  }

  function wordAt(text, place) {
    let [start, end] = [place, place];
    while (start > 0 && !PARTS_WORDS.test(text[start - 1])) start--;
    while (end < text.length && !PARTS_WORDS.test(text[end])) end++;
    return [start, end];
  }

  function trimmed(text, start, end) {
    while (start < end && /\s/.test(text[start])) start++;
    while (end > start && /\s/.test(text[end - 1])) end--;
    return [start, end];
  }

  const rounded = (weight) => Math.round(weight * 100) / 100;

  // What to put in the place of text from `from` to `to`, and where the selection begins and ends
  // in it; null where there is nothing to weigh.
  function changed(text, start, end, sign) {
    const tag = around(text, start, end, "<", ">");
    const strengthened = tag && changedTag(text, tag, sign);
    if (strengthened) return strengthened;
    const group = around(text, start, end, "(", ")");
    if (group) {
      const inside = text.slice(group[0] + 1, group[1]);
      const weight = WEIGHT.exec(inside);
      const words = weight ? inside.slice(0, weight.index) : inside;
      const whole = start === end || text.slice(start, end).trim() === words.trim();
      if (whole) return weighted(words, Number(weight?.[1] ?? 1.1) + sign * STEP.words, ...group);
    }
    const [from, to] = start === end ? wordAt(text, start) : trimmed(text, start, end);
    if (from === to) return null;
    return weighted(text.slice(from, to), 1 + sign * STEP.words, from, to - 1);
  }

  function weighted(words, weight, from, last) {
    const number = rounded(weight);
    if (number === 1) return { from, to: last + 1, text: words, start: 0, end: words.length };
    const text = `(${words}:${number})`;
    return { from, to: last + 1, text, start: 1, end: 1 + words.length };
  }

  function changedTag(text, [from, last], sign) {
    const inside = text.slice(from + 1, last);
    const strength = WEIGHT.exec(inside);
    const name = strength ? inside.slice(0, strength.index) : inside;
    if (!name.includes(":")) return null;
    const number = rounded(Number(strength?.[1] ?? 1) + sign * STEP.tag);
    return { from, to: last + 1, text: `<${name}:${number}>`, start: 1, end: 1 + name.length };
  }

  function replace(box, { from, to, text, start, end }) {
    box.setSelectionRange(from, to);
    // Through the browser's own editing, so that it can be undone.
    if (!document.execCommand("insertText", false, text)) {
      box.setRangeText(text, from, to);
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
    box.setSelectionRange(from + start, from + end);
  }

  document.addEventListener(
    "keydown",
    (event) => {
      const sign = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      const box = event.target;
      if (!sign || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      if (!box.matches?.(PROMPT)) return;
      event.preventDefault();
      const change = changed(box.value, box.selectionStart, box.selectionEnd, sign);
      if (change) replace(box, change);
    },
    true,
  );
})();
