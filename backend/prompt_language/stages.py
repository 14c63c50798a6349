"""A prompt that changes while the picture is painted, told in words."""

from __future__ import annotations

from backend.prompt_language.schedule import sections

_SHOWN_RANGES = 3


def said_when(text: str, steps: int) -> dict[str, str]:
    """Each text that a prompt says, in the order of its first step, and when, in words.

    Such as "steps 1 to 8", "steps 1, 3, 5 …"; "" for a prompt that does not change.
    """
    ranges: dict[str, list[tuple[int, int]]] = {}
    first = 1
    for section in sections(text, steps):
        ranges.setdefault(section.text, []).append((first, section.last))
        first = section.last + 1
    if len(ranges) == 1:
        return dict.fromkeys(ranges, "")
    return {said: _in_words(found) for said, found in ranges.items()}


def _in_words(ranges: list[tuple[int, int]]) -> str:
    single = len(ranges) == 1 and ranges[0][0] == ranges[0][1]
    shown = [_range(*each) for each in ranges[:_SHOWN_RANGES]]
    rest = " …" if len(ranges) > _SHOWN_RANGES else ""
    return f"{'step' if single else 'steps'} {', '.join(shown)}{rest}"


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"
