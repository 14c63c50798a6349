"""The database's schema as the steps that lead to it; `PRAGMA user_version` counts them.

A step is never changed once it is out: a database somewhere has been through it. To change the
schema, append one.
"""

from __future__ import annotations

_PICTURES = """
CREATE TABLE pictures (
    -- Long texts come last: to get past one of several pages, SQLite has to read it.
    id INTEGER PRIMARY KEY,          -- see names.id_of: follows from the name, grows with time
    name TEXT NOT NULL UNIQUE,       -- YYYY-MM-DD/NNNNN-seed.png
    created REAL NOT NULL,           -- unix seconds
    deleted INTEGER NOT NULL DEFAULT 0,
    favourite INTEGER NOT NULL DEFAULT 0,
    kept_steps INTEGER NOT NULL DEFAULT 0,
    steps_bytes INTEGER NOT NULL DEFAULT 0,
    parent INTEGER,                  -- id of a picture, which may be gone
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    task TEXT NOT NULL,
    checkpoint TEXT NOT NULL,
    checkpoint_hash TEXT NOT NULL,
    vae TEXT NOT NULL,
    pixels TEXT NOT NULL,            -- sha256 of size and pixels; '' until it is computed
    input TEXT NOT NULL,
    mask TEXT NOT NULL,
    depth_map TEXT NOT NULL,
    prompt TEXT NOT NULL,
    negative_prompt TEXT NOT NULL,
    infotext TEXT NOT NULL,
    words TEXT NOT NULL,             -- the prompt as it is searched in; see search.searchable
    request TEXT NOT NULL            -- JSON of the GenerationRequest; '' where the file has none
);
CREATE INDEX pictures_shown ON pictures (deleted, id);
CREATE INDEX pictures_favourite ON pictures (favourite, deleted, id) WHERE favourite = 1;
CREATE INDEX pictures_checkpoint ON pictures (checkpoint, deleted, id);
CREATE INDEX pictures_task ON pictures (task, deleted, id);
CREATE INDEX pictures_parent ON pictures (parent) WHERE parent IS NOT NULL;
CREATE INDEX pictures_pixels ON pictures (pixels);
CREATE INDEX pictures_steps ON pictures (id, name, steps_bytes) WHERE steps_bytes > 0;

-- Of the negative id, and with every beginning of a word in the index: so a search that shows sixty
-- pictures reads sixty, however many it finds; see search.Condition. The index holds no text again.
CREATE VIRTUAL TABLE picture_words USING fts5 (
    words, content = '', prefix = '1 2 3 4 5 6 7 8 9 10 11 12',
    tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER pictures_added AFTER INSERT ON pictures BEGIN
    INSERT INTO picture_words (rowid, words) VALUES (-new.id, new.words);
END;
CREATE TRIGGER pictures_removed AFTER DELETE ON pictures BEGIN
    INSERT INTO picture_words (picture_words, rowid, words) VALUES ('delete', -old.id, old.words);
END;

-- The highest number a day has seen, so that none is given out twice even once a bin is emptied.
CREATE TABLE days (day TEXT PRIMARY KEY, last_number INTEGER NOT NULL) WITHOUT ROWID;
"""

_JOBS = """
-- Jobs that are not over; see jobs.store.
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    request TEXT NOT NULL,           -- JSON of the GenerationRequest
    place INTEGER NOT NULL,          -- the order in which they wait
    begun INTEGER NOT NULL DEFAULT 0,    -- 1 while it is painted
    crashes INTEGER NOT NULL DEFAULT 0,  -- how often the program ended while it was painted
    pictures TEXT NOT NULL DEFAULT '{}'  -- JSON, index -> name of the saved file; null: skipped
) WITHOUT ROWID;
"""

MIGRATIONS: tuple[str, ...] = (_PICTURES, _JOBS)
