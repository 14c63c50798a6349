"""Prompts that change while the picture is painted: `[a:b:8]`, `[a::0.4]`, `[a:8]`, `[a|b]`.

The grammar is A1111's (modules/prompt_parser.py): a number with a point is a share of the steps, a
whole one a step. `[a:b:8]` says `a` up to step 8 and `b` from step 9 on, `[a:8]` nothing and then
`a`, `[a::8]` `a` and then nothing; `[a|b]` says one after another, a step each. They may lie in
each other. A bracket without its partner is a sign like any other, and so is every bracket around
it; A1111 gives up on a whole prompt for a lone `|`, which is a sign like any other here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

_SIGN = re.compile(r"\\.|[^\\\[\]():|]+|[\\\[\]():|]", re.DOTALL)
_NUMBER = re.compile(r"\s*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*")
_PARTNER = {"]": "[", ")": "("}


@dataclass(frozen=True)
class Section:
    """What the prompt says up to and with step `last`, counted from 1."""

    last: int
    text: str


def sections(prompt: str, steps: int) -> list[Section]:
    """The prompt as texts for stretches of `steps`, in order; the last one ends with `steps`.

    A prompt that does not change is one section of exactly its own text.
    """
    root, turns = _parse(prompt)
    if not turns:
        return [Section(steps, prompt)]
    lasts = {steps}
    for turn in turns:
        lasts.update(turn.lasts(steps))
    found: list[Section] = []
    for last in sorted(lasts):
        text = _said(root, last, steps)
        if found and found[-1].text == text:
            found.pop()
        found.append(Section(last, text))
    return found


def text_at(prompt: list[Section], step: int) -> str:
    """What the prompt says at a step, from 1; past its end it stays as it was."""
    return next((each.text for each in prompt if step <= each.last), prompt[-1].text)


@dataclass(frozen=True)
class _Swap:
    before: list
    after: list
    when: str

    def last_before(self, steps: int) -> int:
        """The last step with `before`; 0 or less for none."""
        number = float(self.when) * (steps if "." in self.when else 1)
        return int(max(0, min(number, steps)))

    def at(self, step: int, steps: int) -> list:
        return self.before if step <= self.last_before(steps) else self.after

    def lasts(self, steps: int) -> list[int]:
        last = self.last_before(steps)
        return [last] if last else []


@dataclass(frozen=True)
class _Alternation:
    options: list[list]

    def at(self, step: int, steps: int) -> list:
        return self.options[(step - 1) % len(self.options)]

    def lasts(self, steps: int) -> range:
        return range(1, steps + 1)


_Turn = _Swap | _Alternation


@dataclass
class _Group:
    """An open bracket: its signs and inner groups so far, and where separators are among them."""

    signs: list = field(default_factory=list)
    colons: list[int] = field(default_factory=list)
    bars: list[int] = field(default_factory=list)


def _parse(prompt: str) -> tuple[list, list[_Turn]]:
    """Signs, lists of signs, and turns within turns; and all turns in one list."""
    opened, turns = [_Group()], []
    for match in _SIGN.finditer(prompt):
        sign = match[0]
        group = opened[-1]
        if sign in ("[", "("):
            opened.append(_Group([sign]))
        elif sign in _PARTNER:
            if len(opened) > 1 and group.signs[0] == _PARTNER[sign]:
                opened.pop()
                closed = _closed(group, sign)
                turns += [closed] if isinstance(closed, _Turn) else []
                opened[-1].signs.append(closed)
            else:
                _give_up(opened)
                opened[-1].signs.append(sign)
        else:
            if sign in (":", "|"):
                (group.colons if sign == ":" else group.bars).append(len(group.signs))
            group.signs.append(sign)
    _give_up(opened)
    return opened[0].signs, turns


def _give_up(opened: list[_Group]) -> None:
    """No bracket that is open will be closed: all are signs like any other."""
    while len(opened) > 1:
        inner = opened.pop()
        opened[-1].signs.append(inner.signs)


def _closed(group: _Group, sign: str) -> _Turn | list:
    if sign == "]":
        turn = _swap(group) or _alternation(group)
        if turn:
            return turn
    group.signs.append(sign)
    return group.signs


def _swap(group: _Group) -> _Swap | None:
    signs, colons = group.signs, group.colons
    if len(colons) not in (1, 2) or len(signs) != colons[-1] + 2 or not isinstance(signs[-1], str):
        return None
    number = _NUMBER.fullmatch(signs[-1])
    if number is None:
        return None
    *first, last = colons
    before = signs[1 : first[0]] if first else []
    return _Swap(before, signs[(first[0] if first else 0) + 1 : last], number[1])


def _alternation(group: _Group) -> _Alternation | None:
    if not group.bars:
        return None
    bounds = pairwise([0, *group.bars, len(group.signs)])
    return _Alternation([group.signs[begin + 1 : end] for begin, end in bounds])


def _said(root: list, step: int, steps: int) -> str:
    said, todo = [], [root]
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            said.append(node)
        elif isinstance(node, list):
            todo.extend(reversed(node))
        else:
            todo.append(node.at(step, steps))
    return "".join(said)
