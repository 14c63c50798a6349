"""Learned words in the text encoder, and what scheduled prompts ask of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from backend.engine.components import Components
from backend.engine.learned_words import LearnedWord
from backend.engine.painter import Painter
from backend.engine.text_encoding import TextEncoder, emphasised
from tests.parity.comparison import finish


class Words:
    """Calls `dreambeach` by other words' embeddings."""

    def __init__(self, model: Components, says: str) -> None:
        ids = model.tokenizer("dreambeach", add_special_tokens=False).input_ids
        said = model.tokenizer(says, add_special_tokens=False).input_ids
        vectors = model.text_encoder.get_input_embeddings()(torch.tensor(said))
        self.word = LearnedWord("dreambeach", tuple(ids), vectors.detach())

    def find(self, ids, position):
        here = tuple(ids[position : position + len(self.word.ids)])
        return self.word if here == self.word.ids else None


@pytest.mark.parametrize("clip_skip", [1, 2])
def test_a_learned_word_is_read_as_the_vectors_it_stands_for(components, clip_skip) -> None:
    words = Words(components, "red a dream")
    taught = TextEncoder(components, clip_skip, words).encode("a dreambeach red", "")
    plain = TextEncoder(components, clip_skip).encode("a red a dream red", "")
    assert torch.equal(taught[0], plain[0])
    assert torch.equal(taught[1], plain[1])


def test_a_learned_word_leaves_no_trace(components) -> None:
    before, _ = TextEncoder(components).encode("a dreambeach", "")
    TextEncoder(components, 1, Words(components, "red")).encode("a dreambeach", "")
    assert not components.text_encoder.get_input_embeddings()._forward_hooks
    after, _ = TextEncoder(components).encode("a dreambeach", "")
    assert torch.equal(before, after)


def test_a_picture_is_painted_with_learned_words(painter: Painter, asked) -> None:
    words = Words(painter.components, "red")
    taught = finish(painter.paint(asked(prompt="a dreambeach"), words=words)).latent
    assert torch.equal(taught, finish(painter.paint(asked(prompt="a red"))).latent)


def test_the_mean_comes_back_only_where_there_is_one() -> None:
    draw = torch.Generator().manual_seed(3)
    around_zero = torch.randn(1, 77, 8, generator=draw)
    around_zero -= around_zero.mean()
    weights = [1.0, *[1.5] * 20, *[1.0] * 56]
    assert torch.equal(emphasised(around_zero, weights)[:, 0], around_zero[:, 0])
    shifted = around_zero + 0.2
    changed = emphasised(shifted, weights)
    assert changed.mean() == pytest.approx(shifted.mean().item(), rel=1e-4)
    assert not torch.equal(changed[:, 0], shifted[:, 0])


@pytest.mark.parametrize("sampler", ["Euler", "Heun", "PLMS", "DPM2 a"])
def test_steps_of_a_schedule_are_the_artist_s_whatever_the_sampler(
    painter: Painter, asked, sampler
) -> None:
    """`[a:b:4]` in four steps never says b, `[a:b:0]` never a; two looks at a step are one step."""
    request = asked(sampler=sampler, steps=4)

    def latent(prompt: str) -> torch.Tensor:
        return finish(painter.paint(replace(request, prompt=prompt))).latent

    first, second = latent("red"), latent("dream beach")
    assert torch.equal(latent("[red:dream beach:4]"), first)
    assert torch.equal(latent("[red:dream beach:0]"), second)
    between = latent("[red:dream beach:2]")
    assert not torch.equal(between, first)
    assert not torch.equal(between, second)
    assert torch.equal(latent("[red:dream beach:0.5]"), between)
