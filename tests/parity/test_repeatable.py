"""The seed makes the picture: the same pixels, whatever ran before."""

from __future__ import annotations

from dataclasses import replace

import diffusers
import numpy as np
import pytest

from backend.request import GenerationRequest
from tests.parity.comparison import Comparison, finish


@pytest.mark.parametrize("sampler", ["Euler a", "DPM++ 2M SDE", "PLMS", "DPM++ 2S a"])
def test_same_pixels_whatever_ran_before(
    comparison: Comparison, request_: GenerationRequest, sampler: str
) -> None:
    asked = replace(request_, sampler=sampler, schedule="Automatic", preview="Auto")
    first = finish(comparison.painter.paint(asked))
    started = comparison.painter.paint(replace(asked, seed=9, width=64, prompt="other"))
    next(started)
    started.close()
    second = finish(comparison.painter.paint(replace(asked, preview="Off")))
    assert np.array_equal(first.picture, second.picture)


def test_the_picture_is_that_of_diffusers(
    comparison: Comparison, request_: GenerationRequest
) -> None:
    ours = finish(comparison.painter.paint(request_)).picture
    comparison.pipe.scheduler = diffusers.EulerDiscreteScheduler.from_config(
        dict(comparison.painter.components.scheduler_config)
    )
    latent = comparison.theirs(request_, diffusers.EulerDiscreteScheduler, {})
    pipe = comparison.pipe
    decoded = pipe.vae.decode(latent / pipe.vae.config["scaling_factor"]).sample.detach()
    theirs = np.asarray(pipe.image_processor.postprocess(decoded)[0])
    assert np.abs(ours.astype(int) - theirs.astype(int)).max() <= 1


def test_another_seed_is_another_picture(
    comparison: Comparison, request_: GenerationRequest
) -> None:
    other = replace(request_, seed=request_.seed + 1)
    assert (comparison.ours(request_) - comparison.ours(other)).abs().max() > 0.1
