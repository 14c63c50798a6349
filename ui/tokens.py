"""A prompt as the model reads it: a chip for each token with its weight, and how many of 75.

The chips' texts are the user's own, so they reach the page as data and are written there as text;
no template ever holds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from backend.request import MAX_STEPS
from backend.studio.views import NamedAdapter, StudioLike, Token, TokenCount, TokenStage
from ui.theme import asset

MAX_CHIPS = 400
NOTHING: dict[str, Any] = {"label": "…/75", "stages": [], "adapters": [], "problems": [], "more": 0}
# The first script only defines what the second uses.
SCRIPTS = ("adapter_list.js", "tokens.js")


def tokens_value(count: TokenCount | None) -> dict[str, Any]:
    """What the tokens view shows.

    `label` is such as "12/75"; `stages` are {"when", "chips"} with chips as (text, chunk, weight,
    size, learned), `more` how many tokens are left out; `adapters` are what is named, and
    `problems` sentences. None stands for a tokenizer that is not ready yet.
    """
    if count is None:
        return NOTHING
    longest = max(count.stages, key=lambda stage: stage.size)
    stages = list(_shown(count.stages))
    left_out = sum(len(stage.tokens) for stage in count.stages)
    return {
        "label": f"{longest.size}/{longest.room}",
        "stages": stages,
        "adapters": [_named(each) for each in count.adapters],
        "problems": list(dict.fromkeys(it.problem for it in count.adapters if it.problem)),
        "more": left_out - sum(len(stage["chips"]) for stage in stages),
    }


def _shown(stages: tuple[TokenStage, ...]) -> Iterator[dict[str, Any]]:
    room = MAX_CHIPS
    for stage in stages:
        chips = [_chip(token) for token in stage.tokens[:room]]
        room -= len(chips)
        yield {"when": stage.when, "chips": chips}


def _chip(token: Token) -> list[Any]:
    return [token.text, token.chunk, round(token.weight, 2), token.size, token.learned]


def _named(adapter: NamedAdapter) -> dict[str, Any]:
    return {
        "kind": adapter.kind,
        "name": adapter.name,
        "strength": round(adapter.strength, 2),
        "works": adapter.works,
    }


def build_tokens(task: str, *, negative: bool = False) -> gr.HTML:
    """The tokens view of one of a task's prompt boxes; `connect_tokens` brings it to life."""
    field = "negative_prompt" if negative else "prompt"
    return gr.HTML(
        NOTHING,
        html_template=asset("tokens.html"),
        js_on_load="\n".join(asset(name) for name in SCRIPTS),
        apply_default_css=False,
        elem_id=f"{task}--{'negative_' if negative else ''}tokens",
        elem_classes="tokens",
        box=f"{task}--{field}",
        negative=negative,
    )


def connect_tokens(
    studio: StudioLike,
    prompt: gr.Textbox,
    tokens: gr.HTML,
    steps: gr.Slider,
    *,
    negative: bool = False,
) -> None:
    """Count again at each key, when the number of steps changes, and once the engine is ready."""

    def count(text: str, steps: object) -> dict[str, Any]:
        whole = int(steps) if isinstance(steps, int | float) else 1
        asked = max(1, min(whole, MAX_STEPS))
        return tokens_value(studio.count_tokens(text, asked, negative))

    for listener in (prompt.change, steps.change, tokens.recount):
        listener(
            count,
            [prompt, steps],
            tokens,
            preprocess=False,
            queue=False,
            trigger_mode="always_last",
            show_progress="hidden",
            api_visibility="private",
        )
