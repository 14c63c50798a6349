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

    `order` gives the newest first without sorting: in the index rowids are negative ids, because
    full-text search walks forward at the cost of what is shown, backward at that of what is found.
    `chosen`: more than words and days is asked for.
    """

    indexed: bool
    chosen: bool
    where: list[str] = field(default_factory=list)
    parameters: list[object] = field(default_factory=list)

    def add(self, sql: str, parameter: object) -> None:
        self.where.append(sql)
        self.parameters.append(parameter)

    def add_bounds(self, lowest: int | None, ends: list[int | None]) -> None:
        """Ids from `lowest` on and below each of `ends`, as far as these are given."""
        sign, column = (-1, "picture_words.rowid") if self.indexed else (1, "pictures.id")
        if lowest is not None:
            self.add(f"{column} {'<=' if self.indexed else '>='} ?", sign * lowest)
        given = [end for end in ends if end is not None]
        if given:
            self.add(f"{column} {'>' if self.indexed else '<'} ?", sign * min(given))

    @property
    def sql(self) -> str:
        tables = "pictures"
        if self.indexed:
            # Without the hint SQLite looks `deleted` up in the rows, which are wide: ten times
            # slower to count ten thousand.
            hint = "" if self.chosen else "INDEXED BY pictures_shown"
            tables = f"picture_words CROSS JOIN pictures {hint}"
        return f"FROM {tables} WHERE {' AND '.join(self.where)}"

    @property
    def order(self) -> str:
        return "picture_words.rowid" if self.indexed else "pictures.id DESC"


def condition(query: HistoryQuery, before: int | None = None) -> Condition:
    """The pictures that a query shows, of those with an id below `before`."""
    words = clean_text(query.words).split()[:MAX_WORDS]
    phrases = [f'"{phrase}"*' for word in words if (phrase := _phrase(word))]
    chosen = bool(query.checkpoint or query.task or query.favourites)
    found = Condition(indexed=bool(phrases), chosen=chosen)
    if phrases:
        found.where.append("pictures.id = -picture_words.rowid")
        found.add("picture_words MATCH ?", " ".join(phrases))
    for word in words:
        if not _phrase(word):  # nothing but punctuation, which the index leaves out
            found.add("instr(pictures.prompt, ?) > 0", word)
    found.add_bounds(first_id(query.day_from), [end_id(query.day_to), before])
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
