"""Brackets as weights: `(word)` counts 1.1 times, `[word]` 1.1 times less, `(word:1.3)` as it says.

The rules are A1111's (modules/prompt_parser.py, `parse_prompt_attention`): brackets in each other
multiply; one that is never closed reaches to the end; one that was never opened is text; a
backslash before a bracket makes it text. `BREAK` begins a new chunk (here also within brackets).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

RAISED = 1.1
MAX_WEIGHT = 100.0  # the hidden states of a text are noise long before
_SIGN = re.compile(
    r"\\[()\[\]\\]|\\|[(\[]|:\s*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))\s*\)|[)\]]|[^\\()\[\]:]+|:"
)
_BREAK = re.compile(r"\bBREAK\b")
_OPENERS = {")": "(", "]": "["}


@dataclass(frozen=True)
class Span:
    """A stretch of a prompt whose words all have one weight."""

    text: str
    weight: float = 1.0


def weighted(prompt: str) -> list[list[Span]]:
    """The spans of the prompt without brackets, in parts between one `BREAK` and the next.

    There is at least one part; a part may have no spans. A prompt without syntax is one span of
    exactly its own text.
    """
    signs = list(_SIGN.finditer(prompt))
    partners, factors = _pairs(signs)
    parts: list[list[tuple[float, str]]] = [[]]
    products = {"(": [1.0], "[": [1.0]}
    for place, match in enumerate(signs):
        sign = match[0]
        if place in factors:
            product = products[sign]
            product.append(_bounded(product[-1] * factors[place]))
        elif place in partners:
            products[partners[place]].pop()
        else:
            weight = _bounded(products["("][-1] * products["["][-1])
            first, *later = _texts(sign)
            parts[-1].append((weight, first))
            parts += [[(weight, text)] for text in later]
    return [_merged(part) for part in parts]


def _pairs(signs: list[re.Match[str]]) -> tuple[dict[int, str], dict[int, float]]:
    """Closing signs by place, with what they close; and the factor of each opening one by place.

    Round and square brackets are matched each among themselves.
    """
    opened: dict[str, list[int]] = {"(": [], "[": []}
    partners: dict[int, str] = {}
    factors: dict[int, float] = {}
    for place, match in enumerate(signs):
        sign, number = match[0], match[1]
        opener = _OPENERS.get(sign, "(" if number is not None else "")
        if sign in opened:
            opened[sign].append(place)
            factors[place] = _own_factor(sign)
        elif opener and opened[opener]:
            begin = opened[opener].pop()
            partners[place] = opener
            factors[begin] = _own_factor(opener) if number is None else _bounded(float(number))
    return partners, factors


def _own_factor(opener: str) -> float:
    return RAISED if opener == "(" else 1 / RAISED


def _bounded(weight: float) -> float:
    return max(-MAX_WEIGHT, min(MAX_WEIGHT, weight))


def _texts(sign: str) -> list[str]:
    """A piece of text as it counts; several where a `BREAK` parts them."""
    return [sign[1:]] if sign.startswith("\\") else _BREAK.split(sign)


def _merged(part: list[tuple[float, str]]) -> list[Span]:
    """Spans of different weights; words that no bracket parts are read as one text."""
    runs = groupby(part, key=itemgetter(0))
    spans = [Span("".join(text for _, text in run), weight) for weight, run in runs]
    return [span for span in spans if span.text]
