"""Tags that name adapters, `<lora:name:0.8>` and `<hypernet:name:0.8>`, told apart from the words.

As in A1111 (modules/extra_networks.py) every `<word:...>` is a tag and leaves the text, whether its
kind is known or not.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Literal

TagKind = Literal["LoRA", "hypernetwork", "unknown"]
MAX_STRENGTH = 100.0
# Without "<" inside, so that a text full of "<a:" is read once and not once for each of them.
_TAG = re.compile(r"<(\w+):([^<>]+)>")
_KINDS: dict[str, TagKind] = {"lora": "LoRA", "lyco": "LoRA", "hypernet": "hypernetwork"}


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A tag: `source` is how it stands in the prompt, `problem` a sentence where it says nothing.

    `strength` is how much of the adapter the noise predictor gets, `text_strength` the same for the
    text encoder; 1 is all of it.
    """

    source: str
    kind: TagKind
    name: str
    strength: float = 1.0
    text_strength: float = 1.0
    problem: str = ""


def split_tags(prompt: str) -> tuple[str, tuple[Tag, ...]]:
    """The prompt without its tags, and the tags in order."""
    tags: list[Tag] = []

    def take(match: re.Match[str]) -> str:
        tags.append(_tag(match))
        return ""

    return _TAG.sub(take, prompt), tuple(tags)


def _tag(match: re.Match[str]) -> Tag:
    kind = _KINDS.get(match[1].lower(), "unknown")
    name, *arguments = match[2].split(":")
    tag = Tag(source=match[0], kind=kind, name=name.strip())
    if kind == "unknown":
        return replace(tag, problem=f"“{match[0][:80]}” is no tag that is known; it does nothing.")
    try:
        text, unet = _strengths(arguments)
    except ValueError:
        return replace(
            tag,
            problem=f"“{match[0][:80]}” has no strength that can be used, such as 0.8; "
            "it does nothing.",
        )
    return replace(tag, strength=unet, text_strength=text)


def _strengths(arguments: list[str]) -> tuple[float, float]:
    """Of the text encoder and of the noise predictor; the second follows the first.

    By place, or by A1111's names `te` and `unet`. Raises `ValueError`.
    """
    named = dict(each.split("=", 1) for each in arguments if "=" in each)
    placed = [each for each in arguments if "=" not in each]
    text = _number(named.get("te", placed[0] if placed else "1"))
    unet = named.get("unet", placed[1] if len(placed) > 1 else None)
    return text, text if unet is None else _number(unet)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or abs(number) > MAX_STRENGTH:
        raise ValueError(text)
    return number
