"""The pictures that a picture came from, and those made from it, as a tree."""

from __future__ import annotations

from collections import defaultdict

from backend.studio.history.database import Database
from backend.studio.history.rows import ENTRY_COLUMNS, entry
from backend.studio.history.values import Branch, HistoryEntry, Lineage

MAX_GENERATIONS = 40
MAX_PICTURES = 400  # in either direction; the page shows a small tree

# UNION, not UNION ALL: anyone may write a file that says it is its own grandparent.
_ANCESTORS = f"""
WITH RECURSIVE line (id, generation) AS (
    SELECT parent, 1 FROM pictures WHERE id = ?
    UNION
    SELECT pictures.parent, generation + 1 FROM pictures JOIN line USING (id)
    WHERE generation < {MAX_GENERATIONS}
)
SELECT {ENTRY_COLUMNS} FROM pictures JOIN line USING (id) ORDER BY line.generation DESC
"""
_DESCENDANTS = f"""
WITH RECURSIVE tree (id, generation) AS (
    SELECT id, 1 FROM pictures WHERE parent = ?
    UNION
    SELECT pictures.id, generation + 1 FROM pictures JOIN tree ON pictures.parent = tree.id
    WHERE generation < {MAX_GENERATIONS}
    LIMIT {MAX_PICTURES}
)
SELECT {ENTRY_COLUMNS} FROM pictures JOIN tree USING (id) ORDER BY pictures.id
"""


def lineage(database: Database, picture: int) -> Lineage | None:
    """The lineage of the picture of that id; None where there is none of it."""
    itself = database.rows(f"SELECT {ENTRY_COLUMNS} FROM pictures WHERE id = ?", picture)
    if not itself:
        return None
    seen = {picture}
    ancestors = [each for each in _entries(database, _ANCESTORS, picture) if _new(each, seen)]
    descendants = [each for each in _entries(database, _DESCENDANTS, picture) if _new(each, seen)]
    children: dict[int | None, list[HistoryEntry]] = defaultdict(list)
    for each in descendants:
        children[each.parent].append(each)
    return Lineage(
        entry=entry(itself[0]),
        ancestors=tuple(ancestors),
        descendants=tuple(_branch(each, children) for each in children[picture]),
    )


def _branch(root: HistoryEntry, children: dict[int | None, list[HistoryEntry]]) -> Branch:
    return Branch(entry=root, children=tuple(_branch(each, children) for each in children[root.id]))


def _entries(database: Database, sql: str, picture: int) -> list[HistoryEntry]:
    return [entry(row) for row in database.rows(sql, picture)]


def _new(each: HistoryEntry, seen: set[int]) -> bool:
    """Whether it comes up for the first time; it is noted as seen."""
    known = each.id in seen
    seen.add(each.id)
    return not known
