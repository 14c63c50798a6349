"""A picture's name and the number that follows from it."""

from __future__ import annotations

import re
from datetime import date

_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})/(\d{5,6})-(\d{1,10})\.png")
_NUMBERS = 1_000_000  # pictures of one day
_SEEDS = 4096  # a copy that an artist made beside a picture has its number but another seed


def id_of(name: str) -> int | None:
    """The id of "YYYY-MM-DD/NNNNN-seed.png"; None for every other name.

    It orders pictures by day and number, needs no database to be found again (so a rebuilt history
    has the ids of the one that was lost), and stays below 2**53, the largest whole number that a
    browser holds.
    """
    match = _NAME.fullmatch(name)
    first = first_id(match[1]) if match else None
    if match is None or first is None:
        return None
    return first + int(match[2]) * _SEEDS + int(match[3]) % _SEEDS


def first_id(day: str) -> int | None:
    """A number that no picture before "YYYY-MM-DD" reaches; None where that is no day."""
    try:
        return date.fromisoformat(day).toordinal() * _NUMBERS * _SEEDS
    except ValueError:
        return None


def end_id(day: str) -> int | None:
    """A number that all pictures up to and including a day stay below; None likewise."""
    first = first_id(day)
    return None if first is None else first + _NUMBERS * _SEEDS
