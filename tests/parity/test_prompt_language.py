"""Weights, breaks and schedules, against embeddings that are computed here and given to diffusers.

A schedule is held against diffusers by a callback that exchanges the prompt in mid-picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import diffusers
import pytest
import torch

from backend.engine.conditioning import conditioning
from backend.engine.text_encoding import TextEncoder
from backend.request import GenerationRequest
from tests.parity.comparison import TOLERANCE, Comparison, largest_difference

EULER = diffusers.EulerDiscreteScheduler


def hidden(comparison: Comparison, ids: list[int]) -> torch.Tensor:
    with torch.no_grad():
        return comparison.pipe.text_encoder(torch.tensor([ids])).last_hidden_state


def padded(comparison: Comparison, text: str) -> list[int]:
    return comparison.pipe.tokenizer(
        text, padding="max_length", max_length=77, truncation=True
    ).input_ids


def by_hand(comparison: Comparison, words: list[tuple[str, float]]) -> torch.Tensor:
    """Embeddings (1, 77, width) of weighted words: multiplied, and brought back to the mean."""
    ids = padded(comparison, " ".join(word for word, _ in words))
    weights = [1.0]
    for word, weight in words:
        count = len(comparison.pipe.tokenizer(word, add_special_tokens=False).input_ids)
        weights += [weight] * count
    weights += [1.0] * (77 - len(weights))
    states = hidden(comparison, ids).numpy().astype("float64")
    before = states.mean()
    for place, weight in enumerate(weights):
        states[0, place] *= weight
    if abs(before) > 0.01:
        states *= before / states.mean()
    return torch.tensor(states, dtype=torch.float32)


@pytest.fixture(params=[0.0, -0.1])
def mean(comparison: Comparison, request) -> Iterator[float]:
    """Shift the hidden states of both sides to a mean such as that of Stable Diffusion 1."""
    sides = (comparison.pipe.text_encoder, comparison.painter.components.text_encoder)
    biases = [side.final_layer_norm.bias for side in sides]
    kept = [bias.data.clone() for bias in biases]
    for bias in biases:
        bias.data += request.param
    yield request.param
    for bias, values in zip(biases, kept, strict=True):
        bias.data = values


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (
            "a (red:1.4) balloon over a [lake]",
            [("a", 1), ("red", 1.4), ("balloon over a", 1), ("lake", 1 / 1.1)],
        ),
        ("(((red))) balloon", [("red", 1.331), ("balloon", 1)]),
        (
            "(red balloon:0.5) [over a (lake:2)]",
            [("red balloon", 0.5), ("over a", 1 / 1.1), ("lake", 2 / 1.1)],
        ),
    ],
)
def test_weights_are_those_of_a1111(
    comparison: Comparison, request_: GenerationRequest, mean: float, prompt: str, words
) -> None:
    asked = replace(request_, prompt=prompt)
    positive = by_hand(comparison, words)
    negative = hidden(comparison, padded(comparison, asked.negative_prompt))
    encoder = TextEncoder(comparison.painter.components)
    torch.testing.assert_close(encoder.encode(prompt, "")[0], positive, atol=1e-5, rtol=1e-4)
    difference = comparison.difference(
        asked, EULER, {}, prompt=None, negative_prompt=None,
        prompt_embeds=positive, negative_prompt_embeds=negative,
    )  # fmt: skip
    assert difference < TOLERANCE


def test_a_prompt_without_syntax_is_exactly_what_the_text_encoder_says(
    comparison: Comparison,
) -> None:
    encoder = TextEncoder(comparison.painter.components)
    positive, negative = encoder.encode("a red balloon over a lake, at night", "")
    assert torch.equal(
        positive, hidden(comparison, padded(comparison, "a red balloon over a lake, at night"))
    )
    assert torch.equal(negative, hidden(comparison, padded(comparison, "")))


def test_each_chunk_keeps_its_own_mean(comparison: Comparison, mean: float) -> None:
    encoder = TextEncoder(comparison.painter.components)
    both, negative = encoder.encode("(red:1.5) balloon BREAK a lake", "")
    assert both.shape == negative.shape
    first = by_hand(comparison, [("red", 1.5), ("balloon", 1)])
    torch.testing.assert_close(both[:, :77], first, atol=1e-5, rtol=1e-4)
    assert torch.equal(both[:, 77:], hidden(comparison, padded(comparison, "a lake")))
    empty = hidden(comparison, padded(comparison, ""))
    assert torch.equal(negative, torch.cat([empty, empty], dim=1))


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        (
            "a red balloon [over a lake:at night:2]",
            ["a red balloon over a lake"] * 2 + ["a red balloon at night"] * 3,
        ),
        ("a [red|blue] balloon", ["a red balloon", "a blue balloon"] * 2 + ["a red balloon"]),
        ("a balloon[ at night:0.6]", ["a balloon"] * 3 + ["a balloon at night"] * 2),
    ],
)
def test_a_schedule_changes_the_prompt_at_its_step(
    comparison: Comparison, request_: GenerationRequest, prompt: str, says: list[str]
) -> None:
    asked = replace(request_, prompt=prompt, sampler="Euler")
    texts = iter(says[1:])

    def exchange(_pipe, _step, _timestep, tensors):
        text = next(texts, None)
        if text is not None:
            positive = hidden(comparison, padded(comparison, text))
            negative = hidden(comparison, padded(comparison, asked.negative_prompt))
            tensors["prompt_embeds"] = torch.cat([negative, positive])
        return tensors

    theirs = comparison.theirs(
        asked, EULER, {}, prompt=says[0],
        callback_on_step_end=exchange, callback_on_step_end_tensor_inputs=["prompt_embeds"],
    )  # fmt: skip
    assert largest_difference(comparison.ours(asked), theirs) < TOLERANCE


def test_a_text_is_encoded_once_for_the_picture(comparison: Comparison, monkeypatch) -> None:
    read = []
    encoder = TextEncoder(comparison.painter.components)
    original = encoder._encode_row
    monkeypatch.setattr(encoder, "_encode_row", lambda row: read.append(row) or original(row))
    said = conditioning(encoder, "[a lake|a house]", "dark", 20)
    assert read == []
    for step in range(1, 21):
        said.at(step)
    assert len(read) == 3


def test_tags_are_no_part_of_what_is_read(
    comparison: Comparison, request_: GenerationRequest
) -> None:
    tagged = replace(request_, prompt=request_.prompt + "<lora:ink:0.8>")
    assert torch.equal(comparison.ours(tagged), comparison.ours(request_))
