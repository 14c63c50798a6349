"""One picture from beginning to end, stopped, short of memory, and with its previews."""

from __future__ import annotations

import copy
from dataclasses import replace
from operator import attrgetter

import cv2
import numpy as np
import pytest
import torch

from backend.engine.components import place
from backend.engine.decode import BLACK_NOTE, BROKEN_NOTE, PRECISION_NOTE, decode
from backend.engine.painter import Painter
from backend.engine.soundness import Breakdown
from backend.errors import InvalidRequest, OutOfMemory
from tests.tiny_model import tiny_components


def _finish(painting):
    steps = []
    while True:
        try:
            steps.append(next(painting))
        except StopIteration as end:
            return steps, end.value


def test_a_picture_of_the_size_asked_for(painter: Painter, asked) -> None:
    steps, painted = _finish(painter.paint(asked()))
    assert painted.picture.shape == (72, 64, 3)
    assert painted.picture.dtype == np.uint8
    assert painted.note == ""
    assert [(step.step, step.total) for step in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert steps[0].sigma > steps[-1].sigma > 0


def test_each_preview_is_a_small_jpeg(painter: Painter, asked) -> None:
    steps, _ = _finish(painter.paint(asked()))
    pictures = [cv2.imdecode(np.frombuffer(step.preview, np.uint8), 1) for step in steps]
    assert {picture.shape for picture in pictures} == {(9, 8, 3)}
    assert len({step.preview for step in steps}) > 1


@pytest.mark.parametrize(
    ("method", "shape"),
    [("Full VAE", (72, 64, 3)), ("TAESD", (9, 8, 3)), ("Fitted linear", (9, 8, 3)), ("Off", None)],
)
def test_preview_methods(painter: Painter, asked, method: str, shape) -> None:
    """TAESD is not loaded here, so that the fitted map stands in for it."""
    preview = next(painter.paint(asked(preview=method))).preview
    seen = None if preview is None else cv2.imdecode(np.frombuffer(preview, np.uint8), 1).shape
    assert seen == shape


def test_large_previews_are_made_smaller(painter: Painter, asked) -> None:
    wide = asked(preview="Full VAE", width=768, height=64, steps=1)
    preview = next(painter.paint(wide)).preview
    assert cv2.imdecode(np.frombuffer(preview, np.uint8), 1).shape[1] == 512


def test_stopped_pictures_are_not_decoded(asked) -> None:
    painter = Painter(place(tiny_components(), torch.device("cpu"), torch.float32))
    painter.components.vae.decode = _must_not_be_called  # type: ignore[method-assign]
    painting = painter.paint(asked(sampler="Heun"))
    next(painting)
    next(painting)
    painting.close()


def _must_not_be_called(*_args, **_options):
    raise AssertionError("the VAE was asked to decode")


def test_previews_change_no_pixel(painter: Painter, asked) -> None:
    _, with_previews = _finish(painter.paint(asked(preview="Full VAE", sampler="Euler a")))
    _, without = _finish(painter.paint(asked(preview="Off", sampler="Euler a")))
    assert np.array_equal(with_previews.picture, without.picture)


def test_short_memory_is_told_in_a_sentence(components, asked) -> None:
    painter = Painter(replace(components, unet=_Hungry(components.unet)))
    with pytest.raises(OutOfMemory, match="64 x 72 pixels"):
        next(painter.paint(asked()))


class _Hungry:
    def __init__(self, unet) -> None:
        self.config = unet.config

    def __call__(self, *_args, **_options):
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried")


def test_other_faults_stay_what_they_are(components, asked) -> None:
    painter = Painter(replace(components, unet=None))  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        next(painter.paint(asked()))


def test_clip_skip_beyond_the_text_encoder(painter: Painter, asked) -> None:
    with pytest.raises(InvalidRequest, match="at most 3") as caught:
        next(painter.paint(asked(clip_skip=4)))
    assert caught.value.field == "clip_skip"


def test_impossible_schedule(painter: Painter, asked) -> None:
    with pytest.raises(InvalidRequest):
        next(painter.paint(asked(sampler="PLMS", schedule="Beta")))


def test_half_precision_paints_too(asked) -> None:
    painter = Painter(place(tiny_components(), torch.device("cpu"), torch.bfloat16))
    _, painted = _finish(painter.paint(asked()))
    assert painted.latent.dtype == torch.bfloat16
    assert painted.note == ""


def test_a_vae_that_overflows_in_half_precision_is_asked_again_in_fp32(components) -> None:
    latent = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    expected = decode(latent, components.vae).picture
    for spoilt in (torch.nan, torch.inf, -1e4):  # of these the last is a black picture
        vae = _overflowing(copy.deepcopy(components.vae).to(torch.bfloat16), spoilt)
        decoded = decode(latent, vae)
        assert decoded.note == PRECISION_NOTE
        assert decoded.fault is None
        assert np.abs(decoded.picture.astype(int) - expected.astype(int)).max() < 20


def _overflowing(vae, value: float):
    """The VAE, made to give a value in place of every pixel in any format but fp32."""

    def hook(_module, _inputs, pixels):
        return pixels if pixels.dtype == torch.float32 else torch.full_like(pixels, value)

    vae.decoder.register_forward_hook(hook)
    return vae


def test_a_broken_latent_is_told_of(components) -> None:
    decoded = decode(torch.full((1, 4, 8, 8), torch.nan), components.vae)
    assert decoded.note == BROKEN_NOTE
    assert not decoded.picture.any()


def _spoil(module, value: float = torch.nan) -> None:
    with torch.no_grad():
        next(module.parameters()).fill_(value)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("text_encoder", Breakdown(stage="text encoding")),
        ("unet", Breakdown(stage="noise predictor", step=1)),
        ("vae.decoder", Breakdown(stage="VAE")),
    ],
)
def test_the_first_stage_that_went_wrong_is_named_and_nothing_is_painted_after_it(
    asked, part, expected
) -> None:
    components = tiny_components()
    painter = Painter(components)
    _spoil(attrgetter(part)(components))
    steps, painted = _finish(painter.paint(asked(preview="Off")))
    assert painted.broken == expected
    assert not painted.picture.any()
    assert len(steps) == (1 if part != "vae.decoder" else asked().steps)


def test_a_predictor_that_overflows_at_a_later_step_is_told_with_the_step(asked) -> None:
    components = tiny_components()
    painter = Painter(components)
    calls = []

    def hook(_module, _inputs, outputs):
        calls.append(1)
        return (outputs[0] * torch.nan,) if len(calls) == 2 else outputs

    components.unet.register_forward_hook(hook)
    steps, painted = _finish(painter.paint(asked(sampler="Euler", preview="Off")))
    assert painted.broken == Breakdown(stage="noise predictor", step=2)
    assert len(steps) == 2


def test_a_picture_that_is_black_for_no_fault_is_told_as_that(components) -> None:
    vae = copy.deepcopy(components.vae)
    _spoil(vae.decoder.conv_out, 0)
    with torch.no_grad():
        vae.decoder.conv_out.bias.fill_(-1)
    decoded = decode(torch.zeros(1, 4, 8, 8), vae)
    assert decoded.fault == Breakdown(stage="none")
    assert decoded.note == BLACK_NOTE


def test_a_sound_picture_has_no_fault(components, asked) -> None:
    _, painted = _finish(Painter(components).paint(asked()))
    assert painted.broken is None
