// Mouse, pen or finger on the layer: strokes, and a ring as large as the brush.
function makeHand(surface, ring, layer, tool, { begun, changed }) {
  let pointer = null;

  function at(event) {
    const box = surface.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * surface.width,
      y: ((event.clientY - box.top) / box.height) * surface.height,
    };
  }

  function showRing(event) {
    const box = surface.getBoundingClientRect();
    const side = (tool().size / surface.width) * box.width;
    ring.hidden = event.pointerType === "touch";
    ring.style.width = ring.style.height = `${side}px`;
    ring.style.transform =
      `translate(${event.clientX - box.left - side / 2}px, ${event.clientY - box.top - side / 2}px)`;
  }

  function end(event) {
    if (event.pointerId !== pointer) return;
    pointer = null;
    layer.end();
    changed();
  }

  surface.addEventListener("pointerdown", (event) => {
    const turned = event.button === 5; // a pen's other end
    if ((event.button !== 0 && !turned) || !event.isPrimary) return;
    event.preventDefault();
    surface.setPointerCapture(event.pointerId);
    pointer = event.pointerId;
    begun();
    layer.begin(at(event), turned ? { ...tool(), erase: true } : tool());
    showRing(event);
  });
  surface.addEventListener("pointermove", (event) => {
    showRing(event);
    if (event.pointerId !== pointer) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) layer.draw(at(move));
  });
  surface.addEventListener("pointerup", end);
  surface.addEventListener("pointercancel", end);
  surface.addEventListener("pointerleave", () => (ring.hidden = true));
}
