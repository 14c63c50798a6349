"""The denoising loop: predict the noise, take a part of it away, repeat."""

from __future__ import annotations

import inspect
from collections.abc import Generator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import torch

from backend.engine.guidance import Predictor
from backend.engine.moment import Moment, changed_since
from backend.engine.samplers import Evaluation, Scheduler, evaluations
from backend.engine.start import Start


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step as it happened; latents are (1, 4, height / 8, width / 8).

    Where a sampler looks at the predictor twice in a step, this tells of its last look.
    """

    # from 1 to total
    index: int
    total: int
    # the model's own measure of noise, 999 (all noise) to 0
    timestep: float
    # the noise level of `noisy`: deviation of the noise over the strength of the picture
    sigma: float
    # what the noise predictor saw, in the sampler's scale
    noisy: torch.Tensor
    # what the picture would be if all predicted noise were taken away now; deviation about 1
    clean: torch.Tensor
    # all that it takes to go on from here
    moment: Moment


@torch.inference_mode()
def denoise(
    predict: Predictor,
    scheduler: Scheduler,
    start: Start,
    source: torch.Generator,
    resumed: Moment | None = None,
) -> Generator[Step, None, torch.Tensor]:
    """Paint from `start`, yielding each `Step`; returns the finished latent.

    `scheduler` has its steps set and is used up by this. `source` gives the noise that ancestral
    and SDE samplers add. `resumed` is a moment of the same picture, which is gone on with: the
    steps before it are not yielded again. The caller stops by closing the generator: nothing is
    computed after it.
    """
    looks = evaluations(scheduler, start.first)
    options = _step_options(scheduler, source)
    laid_out = dict(vars(scheduler))
    latent, done = start.latent, 0
    if resumed is not None:
        resumed.put_back(scheduler, source)
        latent, done = resumed.latent, resumed.evaluations
    for look, following in list(zip_longest(looks, looks[1:]))[done:]:
        seen = _with_channels(scheduler.scale_model_input(latent, look.timestep), start.channels)
        prediction = predict(seen, look.timestep, look.step)
        noisy = latent
        latent = scheduler.step(prediction, look.timestep, noisy, **options)[0]
        if start.keep:
            latent = start.keep.put_back(latent, scheduler, following, looks[-1].step)
        done += 1
        if look.ends_step:
            yield Step(
                index=look.step,
                total=looks[-1].step,
                timestep=float(look.timestep),
                sigma=look.sigma,
                noisy=noisy,
                clean=predicted_clean(prediction, noisy, look, scheduler.config["prediction_type"]),
                moment=Moment(
                    evaluations=done,
                    latent=latent,
                    scheduler=changed_since(scheduler, laid_out),
                    source=source.get_state(),
                ),
            )
    return latent


def predicted_clean(
    prediction: torch.Tensor, noisy: torch.Tensor, look: Evaluation, kind: str
) -> torch.Tensor:
    """The clean latent (x0) that a prediction of the noise or the velocity means.

    With deviation kept at 1, noisy = a * clean + s * noise and a² + s² = 1; a network that predicts
    epsilon gives the noise, one that predicts v gives a * noise - s * clean (Salimans and Ho 2022,
    arXiv 2202.00512). Computed in fp32: at high noise a is near 0.
    """
    length = (look.sigma**2 + 1) ** 0.5
    a, s = 1 / length, look.sigma / length
    kept = noisy.float() / (length if look.in_latent_scale else 1)
    predicted = prediction.float()
    clean = a * kept - s * predicted if kind == "v_prediction" else (kept - s * predicted) / a
    return clean.to(noisy.dtype)


def _with_channels(latent: torch.Tensor, channels: torch.Tensor | None) -> torch.Tensor:
    return latent if channels is None else torch.cat([latent, channels], dim=1)


def _step_options(scheduler: Scheduler, source: torch.Generator) -> dict[str, Any]:
    """What a scheduler's `step` takes besides the latents; they differ in whether they draw."""
    takes = inspect.signature(scheduler.step).parameters
    drawing = {"generator": source} if "generator" in takes else {}
    return {**drawing, "return_dict": False}
