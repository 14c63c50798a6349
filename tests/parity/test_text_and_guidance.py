"""Guidance, clip skip and long prompts, against diffusers."""

from __future__ import annotations

from dataclasses import replace

import diffusers
import pytest
import torch

from backend.engine.text_encoding import TextEncoder
from backend.request import GenerationRequest
from tests.parity.comparison import TOLERANCE, Comparison, largest_difference

EULER = diffusers.EulerDiscreteScheduler
LONG = ", ".join(["a red balloon over a wide lake", "a house", "three trees at night"] * 12)


def test_cfg_1_asks_once_with_the_prompt(
    comparison: Comparison, request_: GenerationRequest
) -> None:
    assert comparison.difference(replace(request_, cfg_scale=1.0), EULER, {}) < TOLERANCE


def test_cfg_0_disregards_the_prompt(comparison: Comparison, request_: GenerationRequest) -> None:
    asked = replace(request_, cfg_scale=0.0, negative_prompt="")
    # diffusers has no such setting: it paints the empty prompt without guidance
    unconditional = comparison.theirs(asked, EULER, {}, prompt="", guidance_scale=1.0)
    assert largest_difference(comparison.ours(asked), unconditional) < TOLERANCE


@pytest.mark.parametrize(
    ("scale", "idle"), [(0.0, "prompt"), (1.0, "negative_prompt")], ids=["0", "1"]
)
def test_the_text_that_is_not_asked_has_no_say_however_long(
    comparison: Comparison, request_: GenerationRequest, scale: float, idle: str
) -> None:
    asked = replace(request_, cfg_scale=scale)
    short = comparison.ours(replace(asked, **{idle: "a house"}))
    assert torch.equal(comparison.ours(replace(asked, **{idle: LONG})), short)


@pytest.mark.parametrize(
    "prompt", ["", "🎈 a red é balloon \x00 ¿", 'dream: BEACH  a\n\nred,, <b> | "x" {y}']
)
def test_odd_prompts(comparison: Comparison, request_: GenerationRequest, prompt: str) -> None:
    assert comparison.difference(replace(request_, prompt=prompt), EULER, {}) < TOLERANCE


def test_escaped_brackets_are_brackets(comparison: Comparison, request_: GenerationRequest) -> None:
    asked = replace(request_, prompt=r"\(dream\) \[beach\]")
    assert comparison.difference(asked, EULER, {}, prompt="(dream) [beach]") < TOLERANCE


def test_clip_skip_2_takes_the_layer_before_the_last(
    comparison: Comparison, request_: GenerationRequest
) -> None:
    asked = replace(request_, clip_skip=2)
    positive = _layer_before_the_last(comparison, asked.prompt)
    negative = _layer_before_the_last(comparison, asked.negative_prompt)
    difference = comparison.difference(asked, EULER, {}, **_embeddings(positive, negative))
    assert difference < TOLERANCE


def _layer_before_the_last(comparison: Comparison, prompt: str) -> torch.Tensor:
    """What diffusers' `clip_skip=1` means (its own code expects an older text encoder)."""
    pipe = comparison.pipe
    ids = pipe.tokenizer(
        prompt, padding="max_length", max_length=77, truncation=True, return_tensors="pt"
    ).input_ids
    with torch.no_grad():
        hidden = pipe.text_encoder(ids, output_hidden_states=True).hidden_states[-2]
        return pipe.text_encoder.final_layer_norm(hidden)


def test_long_prompts(comparison: Comparison, request_: GenerationRequest) -> None:
    asked = replace(request_, prompt=LONG)
    encoder = TextEncoder(comparison.painter.components)
    positive, negative = encoder.encode(asked.prompt, asked.negative_prompt)
    assert positive.shape[1] > 2 * 77
    assert positive.shape == negative.shape
    difference = comparison.difference(asked, EULER, {}, **_embeddings(positive, negative))
    assert difference < TOLERANCE


def _embeddings(positive: torch.Tensor, negative: torch.Tensor) -> dict:
    return {
        "prompt": None,
        "negative_prompt": None,
        "prompt_embeds": positive,
        "negative_prompt_embeds": negative,
    }
