"""Pictures painted from pictures, on tiny models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.engine.components import place
from backend.engine.decode import decode
from backend.engine.encode import encode, to_pixels
from backend.engine.inputs import Inputs
from backend.engine.noise import seeded
from backend.engine.painter import Painter
from backend.errors import InvalidRequest
from backend.tasks import (
    RESIZE_MODES,
    DepthToImage,
    ImageToImage,
    Inpaint,
    TextToImage,
)
from tests.tiny_model import tiny_components
from tests.unit.engine.some_pictures import HEIGHT, REF, WIDTH, an_inpainting, finish, some_inputs


def test_strength_0_gives_the_picture_as_the_vae_does(painter: Painter, asked) -> None:
    inputs, model = some_inputs(), painter.components
    task = ImageToImage(picture=REF, strength=0.0)
    painting = painter.paint(asked(task=task), inputs)
    with pytest.raises(StopIteration) as end:
        next(painting)
    latent = encode(to_pixels(inputs.picture), model.vae, seeded(asked().seed))
    assert np.array_equal(end.value.value.picture, decode(latent, model.vae).picture)


def test_strength_1_takes_every_step(painter: Painter, asked) -> None:
    task = ImageToImage(picture=REF, strength=1.0)
    steps = list(painter.paint(asked(task=task), some_inputs()))
    assert [(step.step, step.total) for step in steps] == [(n, 4) for n in range(1, 5)]


def test_a_strength_between_takes_its_share(painter: Painter, asked) -> None:
    task = ImageToImage(picture=REF, strength=0.5)
    steps = list(painter.paint(asked(task=task), some_inputs()))
    assert [(step.step, step.total) for step in steps] == [(1, 2), (2, 2)]


@pytest.mark.parametrize("mode", RESIZE_MODES)
@pytest.mark.parametrize("size", [(64, 72), (101, 67), (40, 90)])
def test_any_picture_comes_out_at_the_size_asked_for(painter, asked, mode, size) -> None:
    task = ImageToImage(picture=REF, strength=0.25, resize=mode)
    picture = finish(painter.paint(asked(task=task), some_inputs(*size))).picture
    assert picture.shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("mode", RESIZE_MODES)
def test_a_size_of_broken_cells_comes_out_as_asked_for(painters, asked, mode) -> None:
    for task in (
        ImageToImage(picture=REF, strength=0.25, resize=mode),
        DepthToImage(picture=REF, strength=0.5, resize=mode),
    ):
        painter = painters[5 if isinstance(task, DepthToImage) else 4]
        request = asked(task=task, width=75, height=66)
        assert finish(painter.paint(request, some_inputs(90, 70))).picture.shape == (66, 75, 3)


def test_the_depth_map_makes_a_difference(painters, asked) -> None:
    inputs = some_inputs()
    request = asked(task=DepthToImage(picture=REF, depth=REF, strength=1.0))
    upright, turned = inputs.depth, inputs.depth.max() - inputs.depth
    first, second, again = (
        finish(painters[5].paint(request, replace(inputs, depth=depth))).latent
        for depth in (upright, turned, 7 * upright + 3)
    )
    assert (first - second).abs().max() > 0.01
    torch.testing.assert_close(first, again, atol=1e-3, rtol=0)


def test_a_flat_depth_map_works(painters, asked) -> None:
    inputs = replace(some_inputs(), depth=np.full((HEIGHT, WIDTH), 9, np.uint8))
    painted = finish(painters[5].paint(asked(task=DepthToImage(picture=REF)), inputs))
    assert torch.isfinite(painted.latent).all()


@pytest.mark.parametrize(
    ("task", "channels", "sentence"),
    [
        (TextToImage(), 9, "made for inpainting alone"),
        (TextToImage(), 5, "paints over a depth map alone"),
        (ImageToImage(picture=REF), 9, "made for inpainting alone"),
        (ImageToImage(picture=REF), 5, "paints over a depth map alone"),
        (Inpaint(picture=REF, mask=REF), 5, "paints over a depth map alone"),
        (DepthToImage(picture=REF), 4, "takes a depth map"),
        (DepthToImage(picture=REF), 9, "takes a depth map"),
    ],
)
def test_a_checkpoint_of_the_wrong_kind(painters, asked, task, channels, sentence) -> None:
    with pytest.raises(InvalidRequest, match=sentence) as caught:
        next(painters[channels].paint(asked(task=task), some_inputs()))
    assert caught.value.field == "model"


@pytest.mark.parametrize(
    "task", [ImageToImage(picture=REF), an_inpainting(soft=True), DepthToImage(picture=REF)]
)
def test_stopped_pictures_are_not_decoded(asked: Callable, painters, monkeypatch, task) -> None:
    painter = painters[5 if isinstance(task, DepthToImage) else 4]
    monkeypatch.setattr(painter.components.vae, "decode", _must_not_be_called)
    painting = painter.paint(asked(task=task, sampler="Heun"), some_inputs())
    next(painting)
    painting.close()


def _must_not_be_called(*_args, **_options):
    raise AssertionError("the VAE was asked to decode")


@pytest.mark.parametrize(
    "task", [ImageToImage(picture=REF), an_inpainting(), DepthToImage(picture=REF)]
)
def test_missing_pixels_are_a_fault_of_the_caller(painters, asked, task) -> None:
    painter = painters[5 if isinstance(task, DepthToImage) else 4]
    with pytest.raises(ValueError, match="needs"):
        next(painter.paint(asked(task=task)))
    bare = Inputs(picture=some_inputs().picture)
    if not isinstance(task, ImageToImage):
        with pytest.raises(ValueError, match="needs a"):
            next(painter.paint(asked(task=task), bare))


@pytest.mark.parametrize(
    "wrong",
    [
        {"picture": np.zeros((8, 8), np.uint8)},
        {"picture": np.zeros((8, 8, 4), np.uint8)},
        {"picture": np.zeros((8, 8, 3), np.float32)},
        {"picture": np.zeros((8, 8, 3), np.uint8), "mask": np.zeros((8, 9), np.uint8)},
        {"picture": np.zeros((8, 8, 3), np.uint8), "mask": np.zeros((8, 8), bool)},
        {"picture": np.zeros((8, 8, 3), np.uint8), "depth": np.zeros((4, 4), np.uint8)},
    ],
)
def test_arrays_of_another_kind_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match="must"):
        Inputs(**wrong)


def test_half_precision_paints_too(asked) -> None:
    painter = Painter(place(tiny_components(), torch.device("cpu"), torch.bfloat16))
    for task in (ImageToImage(picture=REF), an_inpainting(), an_inpainting(soft=True)):
        painted = finish(painter.paint(asked(task=task), some_inputs()))
        assert painted.latent.dtype == torch.bfloat16
        assert painted.note == ""
