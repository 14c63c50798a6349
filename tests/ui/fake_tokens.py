"""A prompt as the fake studio reads it: each word a token, with the real prompt language around."""

from __future__ import annotations

import re

from backend.prompt_language.stages import said_when
from backend.prompt_language.tags import Tag, split_tags
from backend.prompt_language.weights import weighted
from backend.studio.views import NamedAdapter, Token, TokenCount, TokenStage

WORD = re.compile(r"\w+ ?|[^\w\s] ?")


def count(prompt: str, steps: int, known: list[str]) -> TokenCount:
    """The tokens of a prompt; adapters of other names than the known ones are not found."""
    text, tags = split_tags(prompt)
    stages = (_stage(said, when) for said, when in said_when(text, steps).items())
    return TokenCount(stages=tuple(stages), adapters=tuple(_named(tag, known) for tag in tags))


def _stage(text: str, when: str) -> TokenStage:
    tokens = [
        Token(text=word, chunk=0, weight=span.weight)
        for part in weighted(text)
        for span in part
        for word in WORD.findall(span.text)
    ]
    placed = tuple(
        Token(text=token.text, chunk=place // 75, weight=token.weight)
        for place, token in enumerate(tokens)
    )
    return TokenStage(tokens=placed, room=75 * max(1, -(-len(tokens) // 75)), when=when)


def _named(tag: Tag, known: list[str]) -> NamedAdapter:
    found = tag.name in known
    problem = "" if found else f"There is no {tag.kind} called “{tag.name}” in models/loras."
    return NamedAdapter(
        kind=tag.kind, name=tag.name, strength=tag.strength, works=found, problem=problem
    )
