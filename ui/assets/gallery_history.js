// The history's routes: pages of pictures, what one picture holds, and changes to them.
const GALLERY = "./atelier/gallery";
const AWAY = "The server does not answer; nothing was changed.";

/** Ask a route; throws an Error with a sentence. */
async function askGallery(path, options = {}) {
  let answer;
  try {
    answer = await fetch(GALLERY + path, { cache: "no-store", ...options });
  } catch {
    throw new Error(AWAY);
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  throw new Error(typeof told.detail === "string" ? told.detail : "This could not be done.");
}

function tellGallery(path, content) {
  const headers = { "Content-Type": "application/json" };
  return askGallery(path, { method: "POST", headers, body: JSON.stringify(content) });
}

/** The pictures that a query finds, page by page, newest first. */
function makePages(changed) {
  let query = {};
  let pictures = [];
  let more = true;
  let taken = new Set(); // ids that left the list; a picture from elsewhere may not fit the query
  let turn = 0; // which query an answer belongs to
  let loading = false;

  const fetchPage = (extra) => askGallery(`?${new URLSearchParams({ ...query, ...extra })}`);

  async function next() {
    if (loading || !more || !pictures.length) return;
    loading = true;
    const asked = turn;
    try {
      const page = await fetchPage({ before: pictures.at(-1).id });
      if (asked !== turn) return;
      pictures.push(...page.entries);
      more = page.more;
    } finally {
      if (asked === turn) loading = false;
    }
    changed();
  }

  async function start(wanted) {
    query = wanted;
    turn += 1;
    loading = true;
    const asked = turn;
    try {
      const page = await fetchPage({});
      if (asked !== turn) return null;
      pictures = page.entries;
      more = page.more;
      taken = new Set();
      return page;
    } finally {
      if (asked === turn) loading = false;
    }
  }

  /** Put what was painted since in front; what has been scrolled through stays. */
  async function renew() {
    if (loading) return null;
    const asked = turn;
    const page = await fetchPage({});
    if (asked !== turn) return null;
    const known = new Set(pictures.map(({ id }) => id));
    const fresh = page.entries.filter(({ id }) => !known.has(id));
    if (fresh.length === page.entries.length && page.more) {
      [pictures, more] = [page.entries, page.more]; // too many to join the two
    } else insert(fresh);
    return page;
  }

  function insert(back) {
    pictures = [...pictures, ...back].sort((one, other) => other.id - one.id);
  }

  return {
    start,
    next,
    renew,
    remove(ids) {
      const gone = new Set(ids);
      for (const { id } of pictures) if (gone.has(id)) taken.add(id);
      pictures = pictures.filter(({ id }) => !gone.has(id));
    },
    /** Put back what was removed; what is older than the loaded pages comes with its own page. */
    putBack(back) {
      const oldest = more && pictures.length ? pictures.at(-1).id : 0;
      insert(back.filter(({ id }) => taken.delete(id) && id > oldest));
    },
    all: () => pictures,
    query: () => query,
  };
}
