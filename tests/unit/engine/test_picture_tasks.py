"""Pictures painted from pictures, on tiny models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.engine.components import Components, place
from backend.engine.decode import decode
from backend.engine.encode import encode, to_pixels
from backend.engine.inputs import Inputs
from backend.engine.noise import seeded
from backend.engine.painter import Painted, Painter
from backend.errors import InvalidRequest
from backend.tasks import (
    MASKED_CONTENTS,
    RESIZE_MODES,
    DepthToImage,
    ImageToImage,
    Inpaint,
    PictureRef,
    TextToImage,
)
from tests.tiny_model import tiny_components

WIDTH, HEIGHT = 64, 72  # what the requests ask for
REF = PictureRef(sha256="0" * 64, width=WIDTH, height=HEIGHT)


def _inputs(
    width: int = WIDTH, height: int = HEIGHT, box: tuple[int, int, int, int] = (16, 24, 40, 48)
) -> Inputs:
    """A noisy picture, a slope, and a mask with a white box (left, top, right, bottom)."""
    picture = np.random.default_rng(4).integers(0, 256, (height, width, 3), dtype=np.uint8)
    mask = np.zeros((height, width), np.uint8)
    left, top, right, bottom = box
    mask[top:bottom, left:right] = 255
    depth = np.arange(width, dtype=np.float32)[None].repeat(height, axis=0)
    return Inputs(picture=picture, mask=mask, depth=depth)


def _inpaint(**changes) -> Inpaint:
    return replace(Inpaint(picture=REF, mask=REF), **changes)


def _painted(painting) -> Painted:
    while True:
        try:
            next(painting)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def painters(painter: Painter) -> dict[int, Painter]:
    """By input channels."""
    made = {channels: _tiny(channels) for channels in (9, 5)}
    fitted_map = painter.fitted_map
    others = {channels: Painter(model, None, fitted_map) for channels, model in made.items()}
    return {4: painter, **others}


def _tiny(channels: int) -> Components:
    return place(tiny_components(in_channels=channels), torch.device("cpu"), torch.float32)


def test_strength_0_gives_the_picture_as_the_vae_does(painter: Painter, asked) -> None:
    inputs, model = _inputs(), painter.components
    task = ImageToImage(picture=REF, strength=0.0)
    painting = painter.paint(asked(task=task), inputs)
    with pytest.raises(StopIteration) as end:
        next(painting)
    latent = encode(to_pixels(inputs.picture), model, seeded(asked().seed))
    assert np.array_equal(end.value.value.picture, decode(latent, model.vae)[0])


def test_strength_1_takes_every_step(painter: Painter, asked) -> None:
    task = ImageToImage(picture=REF, strength=1.0)
    steps = list(painter.paint(asked(task=task), _inputs()))
    assert [(step.step, step.total) for step in steps] == [(n, 4) for n in range(1, 5)]


def test_a_strength_between_takes_its_share(painter: Painter, asked) -> None:
    task = ImageToImage(picture=REF, strength=0.5)
    steps = list(painter.paint(asked(task=task), _inputs()))
    assert [(step.step, step.total) for step in steps] == [(1, 2), (2, 2)]


@pytest.mark.parametrize("mode", RESIZE_MODES)
@pytest.mark.parametrize("size", [(64, 72), (101, 67), (40, 90)])
def test_any_picture_comes_out_at_the_size_asked_for(painter, asked, mode, size) -> None:
    task = ImageToImage(picture=REF, strength=0.25, resize=mode)
    picture = _painted(painter.paint(asked(task=task), _inputs(*size))).picture
    assert picture.shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("channels", [4, 9])
@pytest.mark.parametrize("content", MASKED_CONTENTS)
@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_outside_the_mask_every_byte_stays(painters, asked, channels, content, strength) -> None:
    inputs = _inputs()
    task = _inpaint(strength=strength, masked_content=content, mask_blur=0)
    picture = _painted(painters[channels].paint(asked(task=task), inputs)).picture
    assert np.array_equal(picture[inputs.mask == 0], inputs.picture[inputs.mask == 0])
    assert (picture[inputs.mask > 0] != inputs.picture[inputs.mask > 0]).mean() > 0.9


@pytest.mark.parametrize("area", ["Whole picture", "Only masked"])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("blur", [2, 6])
def test_outside_the_blurred_mask_every_byte_stays(painter, asked, area, soft, blur) -> None:
    inputs = _inputs(box=(20, 30, 30, 40))
    task = _inpaint(mask_blur=blur, area=area, soft=soft, padding=0)
    picture = _painted(painter.paint(asked(task=task), inputs)).picture
    far = np.ones((HEIGHT, WIDTH), bool)
    reach = 4 * blur
    far[max(30 - reach, 0) : 40 + reach, max(20 - reach, 0) : 30 + reach] = False
    assert far.any()
    assert np.array_equal(picture[far], inputs.picture[far])
    assert not np.array_equal(picture, inputs.picture)


@pytest.mark.parametrize("size", [(131, 77), (64, 72), (50, 200)])
def test_only_masked_gives_the_artists_own_picture_back(painter, asked, size) -> None:
    inputs = _inputs(*size, box=(10, 10, 22, 18))
    task = _inpaint(area="Only masked", mask_blur=0, padding=4)
    picture = _painted(painter.paint(asked(task=task), inputs)).picture
    assert picture.shape == inputs.picture.shape
    assert np.array_equal(picture[inputs.mask == 0], inputs.picture[inputs.mask == 0])
    assert (picture[inputs.mask > 0] != inputs.picture[inputs.mask > 0]).mean() > 0.9


@pytest.mark.parametrize("channels", [4, 9])
@pytest.mark.parametrize("area", ["Whole picture", "Only masked"])
def test_a_full_mask_paints_all(painters, asked, channels, area) -> None:
    inputs = _inputs(box=(0, 0, WIDTH, HEIGHT))
    task = _inpaint(area=area, strength=1.0, masked_content="fill")
    painted = _painted(painters[channels].paint(asked(task=task), inputs))
    decoded = decode(painted.latent, painters[channels].components.vae)[0]
    assert np.array_equal(painted.picture, decoded)


@pytest.mark.parametrize("value", [0, 128])
def test_an_empty_mask_is_told_before_any_work(painter, asked, value) -> None:
    inputs = replace(_inputs(), mask=np.full((HEIGHT, WIDTH), value, np.uint8))
    with pytest.raises(InvalidRequest, match="Nothing is masked") as caught:
        next(painter.paint(asked(task=_inpaint()), inputs))
    assert caught.value.field == "mask"


@pytest.mark.parametrize("area", ["Whole picture", "Only masked"])
def test_a_mask_too_small_for_its_blur(painter, asked, area) -> None:
    inputs = _inputs(box=(30, 30, 31, 31))
    with pytest.raises(InvalidRequest, match="too small for a blur of 64"):
        next(painter.paint(asked(task=_inpaint(area=area, mask_blur=64)), inputs))


@pytest.mark.parametrize("channels", [4, 9])
def test_a_soft_mask_changes_more_where_it_is_lighter(painters, asked, channels) -> None:
    levels = np.array([0, 64, 128, 192, 255], np.uint8)
    inputs = replace(_inputs(80, HEIGHT), mask=np.tile(levels.repeat(16), (HEIGHT, 1)))
    task = _inpaint(soft=True, mask_blur=0, strength=1.0)
    request = asked(task=task, width=80, steps=8)
    model = painters[channels].components
    kept = encode(to_pixels(inputs.picture), model, seeded(request.seed))
    latent = _painted(painters[channels].paint(request, inputs)).latent
    change = (latent - kept).abs().mean(dim=(0, 1, 2)).view(5, 2).mean(dim=1)
    assert change[0] == 0
    assert (change.diff() > 0).all(), change


def test_the_depth_map_makes_a_difference(painters, asked) -> None:
    inputs = _inputs()
    request = asked(task=DepthToImage(picture=REF, depth=REF, strength=1.0))
    upright, turned = inputs.depth, inputs.depth.max() - inputs.depth
    first, second, again = (
        _painted(painters[5].paint(request, replace(inputs, depth=depth))).latent
        for depth in (upright, turned, 7 * upright + 3)
    )
    assert (first - second).abs().max() > 0.01
    torch.testing.assert_close(first, again, atol=1e-3, rtol=0)


def test_a_flat_depth_map_works(painters, asked) -> None:
    inputs = replace(_inputs(), depth=np.full((HEIGHT, WIDTH), 9, np.uint8))
    painted = _painted(painters[5].paint(asked(task=DepthToImage(picture=REF)), inputs))
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
        next(painters[channels].paint(asked(task=task), _inputs()))
    assert caught.value.field == "model"


@pytest.mark.parametrize(
    "task", [ImageToImage(picture=REF), _inpaint(soft=True), DepthToImage(picture=REF)]
)
def test_stopped_pictures_are_not_decoded(asked: Callable, painters, monkeypatch, task) -> None:
    painter = painters[5 if isinstance(task, DepthToImage) else 4]
    monkeypatch.setattr(painter.components.vae, "decode", _must_not_be_called)
    painting = painter.paint(asked(task=task, sampler="Heun"), _inputs())
    next(painting)
    painting.close()


def _must_not_be_called(*_args, **_options):
    raise AssertionError("the VAE was asked to decode")


@pytest.mark.parametrize("task", [ImageToImage(picture=REF), _inpaint(), DepthToImage(picture=REF)])
def test_missing_pixels_are_a_fault_of_the_caller(painters, asked, task) -> None:
    painter = painters[5 if isinstance(task, DepthToImage) else 4]
    with pytest.raises(ValueError, match="needs"):
        next(painter.paint(asked(task=task)))
    bare = Inputs(picture=_inputs().picture)
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
    for task in (ImageToImage(picture=REF), _inpaint(), _inpaint(soft=True)):
        painted = _painted(painter.paint(asked(task=task), _inputs()))
        assert painted.latent.dtype == torch.bfloat16
        assert painted.note == ""
