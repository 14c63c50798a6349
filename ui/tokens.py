"""The prompt as the model reads it: a chip for each token, and how many of 75 there are.

The chips' texts are the user's own, so they reach the page as data and are written there as text;
no template ever holds them.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from backend.studio.views import StudioLike, TokenCount
from ui.theme import asset

MAX_CHIPS = 400


def tokens_value(count: TokenCount | None) -> dict[str, Any]:
    """What the tokens view shows: `label` such as "12/75", chips as (text, chunk), and the rest.

    None stands for a tokenizer that is not ready yet.
    """
    if count is None:
        return {"label": "…/75", "chips": [], "more": 0}
    shown = count.tokens[:MAX_CHIPS]
    return {
        "label": f"{len(count.tokens)}/{count.room}",
        "chips": [[token.text, token.chunk] for token in shown],
        "more": len(count.tokens) - len(shown),
    }


def build_tokens(studio: StudioLike, prompt: gr.Textbox, task: str) -> gr.HTML:
    """The tokens view of a prompt box, counted again at each key and once the engine is ready."""
    tokens = gr.HTML(
        tokens_value(None),
        html_template=asset("tokens.html"),
        js_on_load=asset("tokens.js"),
        apply_default_css=False,
        elem_id=f"{task}--tokens",
        elem_classes="tokens",
    )

    def count(text: str) -> dict[str, Any]:
        return tokens_value(studio.count_tokens(text))

    for listener in (prompt.change, tokens.recount):
        listener(
            count,
            prompt,
            tokens,
            queue=False,
            trigger_mode="always_last",
            show_progress="hidden",
            api_visibility="private",
        )
    return tokens
