"""From what an artist asks of the history to SQL; user text only ever travels as a parameter."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from backend.request import clean_text
from backend.studio.history.names import end_id, first_id
from backend.studio.history.values import HistoryQuery

MAX_WORDS = 32
# Scripts without spaces: each character is a word of its own, and several are a phrase.
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def searchable(text: str) -> str:
    """A prompt as the full-text index holds it.

    Symbols and emoji become words of ASCII ("u1f388"): SQLite's own tables call those that are
    younger than its Unicode version separators, and then they could not be found.
    """
    return _UNSPACED.sub(r" \g<0> ", "".join(map(_spelled, text)))


def _spelled(character: str) -> str:
    if character < "\x80" or unicodedata.category(character) not in ("So", "Co", "Cn"):
        return character
    return f" u{ord(character):x} "


@dataclass(frozen=True)
class Condition:
    """What stands behind FROM pictures: tables to join, conditions, their parameters.

    `key` is the id's column that gives the rows in order without sorting them.
    """

    key: str
    join: str = ""
    where: list[str] = field(default_factory=list)
    parameters: list[object] = field(default_factory=list)

    def add(self, sql: str, parameter: object) -> None:
        self.where.append(sql)
        self.parameters.append(parameter)

    @property
    def sql(self) -> str:
        return f"FROM {self.join}pictures WHERE {' AND '.join(self.where)}"


def condition(query: HistoryQuery, before: int | None = None) -> Condition:
    """The pictures that a query shows, of those with an id below `before`."""
    words = clean_text(query.words).split()[:MAX_WORDS]
    indexed = [f'"{found}"*' for word in words if (found := _phrase(word))]
    key = "picture_words.rowid" if indexed else "pictures.id"
    found = Condition(key, "picture_words CROSS JOIN " if indexed else "")
    if indexed:
        found.where.append("pictures.id = picture_words.rowid")
        found.add("picture_words MATCH ?", " ".join(indexed))
    for word in words:
        if not _phrase(word):  # nothing but punctuation, which the index leaves out
            found.add("instr(pictures.prompt, ?) > 0", word)
    for bound, sql in (
        (first_id(query.day_from), f"{key} >= ?"),
        (end_id(query.day_to), f"{key} < ?"),
        (before, f"{key} < ?"),
    ):
        if bound is not None:
            found.add(sql, bound)
    _add_choices(found, query)
    return found


def _add_choices(found: Condition, query: HistoryQuery) -> None:
    found.add("deleted = ?", int(query.deleted))
    if query.checkpoint:
        found.add("checkpoint = ?", clean_text(query.checkpoint))
    if query.task:
        found.add("task = ?", clean_text(query.task))
    if query.favourites:
        found.where.append("favourite = 1")


def _phrase(word: str) -> str:
    """A word as FTS5 takes it between quotes; "" where the index holds nothing of it."""
    spelled = searchable(word)
    return spelled.replace('"', " ").strip() if any(map(str.isalnum, spelled)) else ""
