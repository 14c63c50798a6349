// The gallery: finds pictures, chooses among them, opens them, and puts them to use.
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const scroll = part("scroll");
let current = -1; // the index that the keys are at
let stale = true; // whether something may have been painted since the list was read
let read = false; // whether the list was ever read

const inUse = () => element.offsetParent !== null;
const message = makeMessage(part, (pictures) => bin.restore(pictures));
const { attempt, say } = message;
const pages = makePages(drawList);
const filters = makeFilters(part, () => {
  say("");
  find();
});
const grid = makeGrid(scroll, part("space"), { click, end: () => attempt(pages.next) });
const chosen = makeChosen(part, pages, filters.inBin, () => grid.mark(chosen.ids, current));
const bin = makeBin({ pages, filters, message, drawList, find });
const look = makeLook(part, props.tabs, {
  open, beside, send, settings, reuse, fault: say, compare,
});
const versus = makeVersus(part);
const info = makeInfo(part, props.tabs, { fault: say, send: settings });

// ---- what is found ---------------------------------------------------------------------------

function find() {
  return attempt(async () => {
    const page = await pages.start(filters.query());
    if (!page) return;
    stale = false;
    read = true;
    current = -1;
    chosen.ids.clear();
    scroll.scrollTop = 0;
    filters.tell(page);
    drawList();
  });
}

/** Look for what is new, while the tab is on show. */
function renew() {
  return attempt(async () => {
    const at = pages.all()[current]?.id;
    const page = await pages.renew();
    if (!page) return;
    stale = false;
    current = pages.all().findIndex(({ id }) => id === at);
    filters.tell(page);
    drawList();
  });
}

function drawList() {
  current = Math.min(current, pages.all().length - 1);
  grid.show(pages.all(), chosen.ids, current);
  drawEmpty();
  chosen.draw();
  look.refresh();
}

function drawEmpty() {
  const { deleted, ...narrowed } = pages.query();
  const searched = Object.keys(narrowed).length > 0;
  part("empty").hidden = !read || pages.all().length > 0;
  scroll.hidden = !part("empty").hidden;
  part("empty-act").hidden = !searched && deleted;
  if (searched) part("empty-text").textContent = "No picture is like that.";
  else if (deleted) part("empty-text").textContent = "The bin is empty.";
  else part("empty-text").textContent = "Every picture that you paint is kept here, with all that made it.";
  part("empty-act").textContent = searched ? "Show all pictures" : "Paint the first one";
  part("empty-act").dataset.act = searched ? "show-all" : "paint";
}

// ---- among the thumbnails --------------------------------------------------------------------

function choose(index) {
  current = index;
  chosen.toggle(pages.all()[index].id);
}

function click(index, mark, event) {
  const picture = pages.all()[index];
  scroll.focus({ preventScroll: true });
  if (mark === "star") star(picture);
  else if (event.shiftKey && current >= 0) {
    chosen.add(pages.all().slice(Math.min(current, index), Math.max(current, index) + 1));
  } else if (mark === "choose" || event.ctrlKey || event.metaKey) choose(index);
  else open(picture);
}

function goTo(index) {
  if (!pages.all()[index]) return;
  current = index;
  grid.mark(chosen.ids, current);
  grid.reveal(index);
}

const underHand = () =>
  chosen.ids.size ? chosen.pictures() : [pages.all()[current]].filter(Boolean);

const discardUnderHand = () => (filters.inBin() ? bin.restore : bin.discard)(underHand());

// ---- one picture -----------------------------------------------------------------------------

function open(picture) {
  const known = pages.all().findIndex(({ id }) => id === picture.id);
  if (known >= 0) goTo(known);
  look.open(pages.all()[known] ?? picture);
  part("look").focus({ preventScroll: true });
}

/** The newer and the older picture beside one, as far as they are in the list. */
function beside(picture) {
  const at = pages.all().findIndex(({ id }) => id === picture.id);
  if (at < 0) return [null, null];
  if (at > pages.all().length - 5) attempt(pages.next);
  return [pages.all()[at - 1], pages.all()[at + 1]];
}

function step(which) {
  const next = beside(look.shown())[which];
  if (next) open(next);
}

/** The picture on show leaves the list; the next one takes its place. */
async function discardShown() {
  const picture = look.shown();
  const next = beside(picture).toReversed().find(Boolean);
  await (picture.deleted ? bin.restore : bin.discard)([picture]);
  if (look.shown() !== picture) return;
  if (next) open(next);
  else closeLook();
}

const star = (picture) =>
  attempt(async () => {
    const on = !picture.favourite;
    await tellGallery(`/${picture.id}/favourite`, { on });
    picture.favourite = on;
    drawList();
  });

function compare(one, other) {
  versus.open(one, other);
}

// ---- away to a tab ---------------------------------------------------------------------------

function leave(event, told) {
  if (!EVENTS.includes(event)) return;
  look.close();
  info.close();
  versus.close();
  trigger(event, told);
}

function settings(tab, told) {
  leave(`settings_${tab}`, told);
}

function send(tab, picture) {
  leave(`to_${tab}`, { name: picture.path });
}

function reuse(picture) {
  const tab = props.tabs.find(({ task }) => task === picture.task) ?? props.tabs[0];
  leave(`reuse_${tab.tab}`, { id: picture.id });
}

// ---- what the artist does --------------------------------------------------------------------

function closeLook() {
  look.close();
  scroll.focus({ preventScroll: true });
}

/** Close what is on top; false where nothing is. */
function closeTop() {
  if (versus.isOpen()) {
    versus.close();
    if (look.isOpen()) part("look").focus({ preventScroll: true });
  } else if (info.isOpen()) info.close();
  else if (look.isOpen()) closeLook();
  else if (chosen.ids.size) chosen.clear();
  else return false;
  return true;
}

/** As high as the window leaves room for, in place of the recent strip. */
function fitWindow() {
  if (inUse()) element.style.height = `${innerHeight - element.getBoundingClientRect().top - scrollY}px`;
}

const CLICKS = {
  "info-open": info.open,
  "info-close": info.close,
  "look-close": closeLook,
  "look-star": () => star(look.shown()),
  "look-delete": discardShown,
  "look-newer": () => step(0),
  "look-older": () => step(1),
  "versus-close": closeTop,
  "chosen-compare": () => compare(...chosen.pictures()),
  "chosen-delete": discardUnderHand,
  "chosen-none": closeTop,
  "restore-all": () => bin.restoreAll().then(find),
  "empty-bin": () => bin.empty().then(find),
  "empty-act": () => (part("empty-act").dataset.act === "paint" ? openFirstTab() : filters.clear()),
};

const openFirstTab = () => document.querySelector('#tasks [role="tab"]')?.click();

for (const [name, work] of Object.entries(CLICKS)) part(name).addEventListener("click", () => work());
onGalleryKeys({
  inUse,
  close: closeTop,
  search: filters.focus,
  keys() {
    if (versus.isOpen() || info.isOpen()) return {};
    return look.isOpen() ? LOOK_KEYS : GRID_KEYS;
  },
});
const LOOK_KEYS = {
  ArrowLeft: () => step(0),
  ArrowRight: () => step(1),
  f: () => star(look.shown()),
  Delete: discardShown,
};
const GRID_KEYS = {
  ArrowLeft: () => goTo(current - 1),
  ArrowRight: () => goTo(current + 1),
  ArrowUp: () => goTo(grid.above(current)),
  ArrowDown: () => goTo(current < 0 ? 0 : grid.below(current)),
  Home: () => goTo(0),
  End: () => goTo(pages.all().length - 1),
  Enter: () => current >= 0 && open(pages.all()[current]),
  " ": () => current >= 0 && choose(current),
  f: () => current >= 0 && star(pages.all()[current]),
  Delete: discardUnderHand,
};
openEntry(element, part("info-file"), { take: info.read, inUse });
document.addEventListener("atelier:saved", () => (stale = true));
document.addEventListener("atelier:state", ({ detail }) => {
  stale ||= Boolean(detail.busy); // it may be another browser that paints
  if (stale && inUse()) renew();
});
new IntersectionObserver(([{ isIntersecting }]) => {
  document.getElementById("recent")?.toggleAttribute("hidden", isIntersecting);
  if (!isIntersecting) return;
  fitWindow();
  if (read) renew();
  else find();
}).observe(element);
addEventListener("resize", fitWindow);
