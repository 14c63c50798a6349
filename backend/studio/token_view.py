"""A prompt as the page shows it: tokens with their chunks and weights, stages, named adapters."""

from __future__ import annotations

from transformers import CLIPTokenizer

from backend.engine.prompt import CHUNK_TOKENS, chunks
from backend.prompt_language.stages import said_when
from backend.prompt_language.tags import Tag, split_tags
from backend.studio.adapters import Fitted, Outfit
from backend.studio.learned_words import NamedWords
from backend.studio.views import NamedAdapter, Token, TokenCount, TokenStage

MAX_STAGES = 12  # of a prompt that says more different things, the first ones are shown


def token_count(
    prompt: str, tokenizer: CLIPTokenizer, steps: int, outfit: Outfit | None
) -> TokenCount:
    """See `views.TokenCount`; `outfit` is None while no model is loaded that anything could fit."""
    text, tags = split_tags(prompt)
    words = outfit.words if outfit else None
    said = list(said_when(text, steps).items())
    stages = [_stage(part, when, tokenizer, words) for part, when in said[:MAX_STAGES]]
    if len(said) > MAX_STAGES:
        rest = f"and {len(said) - MAX_STAGES} other texts"
        stages.append(TokenStage(tokens=(), room=CHUNK_TOKENS, when=rest))
    if outfit is None:
        return TokenCount(stages=tuple(stages), adapters=tuple(_unfitted(tag) for tag in tags))
    problems = outfit.words.problems.items()
    named = [_adapter(each) for each in outfit.fitted]
    named += [
        NamedAdapter(kind="embedding", name=name, strength=1, works=False, problem=sentence)
        for name, sentence in problems
    ]
    return TokenCount(stages=tuple(stages), adapters=tuple(named))


def _stage(text: str, when: str, tokenizer: CLIPTokenizer, words: NamedWords | None) -> TokenStage:
    found = chunks(text, tokenizer, words)
    tokens = (
        Token(
            text=piece.text,
            chunk=number,
            weight=piece.weight,
            size=piece.size,
            learned=piece.word is not None,
        )
        for number, chunk in enumerate(found)
        for piece in chunk
    )
    return TokenStage(tokens=tuple(tokens), room=len(found) * CHUNK_TOKENS, when=when)


def _adapter(fitted: Fitted) -> NamedAdapter:
    return NamedAdapter(
        kind=fitted.tag.kind,
        name=fitted.tag.name,
        strength=fitted.tag.strength,
        works=fitted.lora is not None or fitted.hypernetwork is not None,
        problem=fitted.problem,
    )


def _unfitted(tag: Tag) -> NamedAdapter:
    return NamedAdapter(
        kind=tag.kind,
        name=tag.name,
        strength=tag.strength,
        works=not tag.problem,
        problem=tag.problem,
    )
