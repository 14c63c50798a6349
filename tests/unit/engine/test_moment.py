"""A picture gone on with from any kept step is the unbroken picture, bit for bit."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from backend.engine.components import place
from backend.engine.moment import pack, unpack
from backend.engine.painter import Painter
from backend.names import SAMPLERS
from backend.tasks import ImageToImage
from tests.tiny_model import tiny_components
from tests.unit.engine.some_pictures import REF, an_inpainting, some_inputs

CPU = torch.device("cpu")


def all_of(painting):
    steps = []
    while True:
        try:
            steps.append(next(painting))
        except StopIteration as end:
            return steps, end.value


def broken_off(painter: Painter, request, inputs, after: int) -> bytes:
    """What was kept of a picture that ended after some steps."""
    painting = painter.paint(request, inputs)
    last = list(islice(painting, after))[-1]
    painting.close()
    return pack(last.moment, "a picture")


def assert_goes_on(painter: Painter, other: Painter, request, inputs=None, steps=(1, 2, 3)) -> None:
    """`other` goes on from each of the steps and ends with the picture that `painter` makes."""
    whole, unbroken = all_of(painter.paint(request, inputs))
    for after in steps:
        kept = unpack(
            broken_off(painter, request, inputs, after), "a picture", CPU, painter.components.dtype
        )
        rest, gone_on = all_of(other.paint(request, inputs, kept))
        assert [step.step for step in rest] == [step.step for step in whole[after:]]
        assert torch.equal(gone_on.latent, unbroken.latent)
        assert np.array_equal(gone_on.picture, unbroken.picture)


@pytest.fixture(scope="module")
def fresh(painter: Painter) -> Painter:
    """The same model loaded once more, as after a new start."""
    return Painter(place(tiny_components(), CPU, torch.float32), None, painter.fitted_map)


@pytest.fixture(scope="module")
def half(painter: Painter) -> Painter:
    return Painter(place(tiny_components(), CPU, torch.bfloat16), None, painter.fitted_map)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_goes_on_from_any_step(painter, fresh, asked, sampler: str) -> None:
    request = asked(sampler=sampler, steps=7, preview="Off")
    assert_goes_on(painter, fresh, request, steps=(1, 3, 5, 6))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_over_a_picture_too(painter, fresh, asked, sampler: str) -> None:
    task = ImageToImage(picture=REF, strength=0.6)
    request = asked(sampler=sampler, steps=7, task=task, preview="Off")
    assert_goes_on(painter, fresh, request, some_inputs())


@pytest.mark.parametrize("sampler", ["Euler a", "DPM++ 2M", "Heun", "PLMS"])
@pytest.mark.parametrize("soft", [False, True])
def test_with_a_part_that_is_kept(painter, fresh, asked, sampler: str, soft: bool) -> None:
    request = asked(sampler=sampler, task=an_inpainting(soft=soft, strength=1.0), preview="Off")
    assert_goes_on(painter, fresh, request, some_inputs())


def test_an_inpainting_checkpoint(painters, asked) -> None:
    request = asked(
        sampler="DPM++ 2M SDE", task=an_inpainting(strength=0.9), preview="Off", steps=6
    )
    assert_goes_on(painters[9], painters[9], request, some_inputs())


@pytest.mark.parametrize("sampler", ["DPM++ 3M SDE", "Euler a", "Heun", "LMS", "UniPC"])
def test_half_precision(half: Painter, asked, sampler: str) -> None:
    assert_goes_on(half, half, asked(sampler=sampler, preview="Off"))


def test_what_is_kept_is_small_and_holds_no_code(painter, asked) -> None:
    content = broken_off(painter, asked(sampler="LMS", steps=6), None, 5)
    assert len(content) < 50_000
    assert b"pickle" not in content


@pytest.mark.parametrize("cut", [0, 7, 100, -1])
def test_a_damaged_file_is_told_apart(painter, asked, cut: int) -> None:
    content = broken_off(painter, asked(), None, 1)
    with pytest.raises(ValueError, match="not a kept step"):
        unpack(content[:cut], "a picture", CPU, torch.float32)


def test_another_picture_is_not_gone_on_with(painter, asked) -> None:
    content = broken_off(painter, asked(), None, 1)
    with pytest.raises(ValueError, match="another picture"):
        unpack(content, "another", CPU, torch.float32)


def test_another_number_format_is_not_gone_on_with(painter, asked) -> None:
    content = broken_off(painter, asked(), None, 1)
    with pytest.raises(ValueError, match="another number format"):
        unpack(content, "a picture", CPU, torch.bfloat16)
