"""From a sampler's and a schedule's name to a diffusers scheduler, and to the steps it will take.

A scheduler counts evaluations of the noise predictor; the artist counts steps. Heun, DPM2 and
DPM++ 2S a look twice in every step but the last, PLMS twice in its first.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import diffusers
import torch

from backend.engine.ancestral_2s import AncestralTwoStageScheduler
from backend.engine.sampler_table import (
    ALWAYS,
    SAMPLER_TABLE,
    SCHEDULE_OPTIONS,
    check_combination,
)

# A scheduler as our loop uses it; diffusers has no common base with these methods.
Scheduler = Any

_OWN_SCHEDULERS = {"AncestralTwoStageScheduler": AncestralTwoStageScheduler}


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One look at the noise predictor.

    `timestep` is a 0-dim tensor as the scheduler wants it back. `sigma` is the noise level: the
    deviation of the noise over the strength of the picture in the latent. `in_latent_scale` tells
    how the latent is kept: True, noisy = clean + sigma * noise (Euler and its kin); False, the same
    divided by sqrt(sigma² + 1), which keeps the deviation at 1 (DDIM, DPM++ and their kin).
    `step` counts from 1; `ends_step` is True for the last look of a step.
    """

    timestep: torch.Tensor
    sigma: float
    in_latent_scale: bool
    step: int
    ends_step: bool


def build_scheduler(
    sampler: str, schedule: str, scheduler_config: Mapping[str, Any], prediction: str
) -> Scheduler:
    """A new scheduler for one picture, from the model's `scheduler_config.json`.

    Raises `InvalidRequest` for a combination that cannot be had. A new one each time: schedulers
    keep state between steps, and a picture must not depend on the one before.
    """
    meant = check_combination(sampler, schedule)
    entry = SAMPLER_TABLE[sampler]
    kind = _OWN_SCHEDULERS.get(entry.scheduler) or getattr(diffusers, entry.scheduler)
    known = inspect.signature(kind.__init__).parameters
    wanted = {**scheduler_config, **ALWAYS, "prediction_type": prediction}
    wanted |= {**entry.options, **SCHEDULE_OPTIONS[meant]}
    return kind.from_config({name: wanted[name] for name in wanted if name in known})


def set_steps(scheduler: Scheduler, steps: int) -> None:
    """Lay out the schedule for the artist's number of steps.

    It stays on the CPU: a GPU would have to be waited for each time a number of it is read.
    """
    if isinstance(scheduler, diffusers.LCMScheduler):
        # LCM picks its timesteps from a row of 50, and more than that cannot be picked.
        row = max(steps, scheduler.config["original_inference_steps"])
        scheduler.set_timesteps(steps, original_inference_steps=row)
    else:
        scheduler.set_timesteps(steps)


def skip_steps(scheduler: Scheduler, skipped: int, steps: int) -> int:
    """Tell a scheduler that the first `skipped` of its `steps` are not taken.

    Returns how many evaluations that leaves out (diffusers' `get_timesteps`).
    """
    if skipped == steps:
        return len(scheduler.timesteps)
    first = skipped * scheduler.order
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(first)
    return first


def evaluations(scheduler: Scheduler, first: int = 0) -> list[Evaluation]:
    """The looks at the predictor that the scheduler has laid out, from the `first` on, in order."""
    laid_out = list(scheduler.timesteps)
    timesteps, sigmas = laid_out[first:], _sigmas(scheduler, laid_out)[first:]
    steps = _step_of_each(scheduler, len(timesteps))
    return [
        Evaluation(
            timestep=timestep,
            sigma=sigma,
            in_latent_scale=float(scheduler.init_noise_sigma) != 1.0,
            step=step,
            ends_step=index + 1 == len(steps) or steps[index + 1] != step,
        )
        for index, (timestep, sigma, step) in enumerate(zip(timesteps, sigmas, steps, strict=True))
    ]


def _step_of_each(scheduler: Scheduler, count: int) -> list[int]:
    if scheduler.order == 2:
        return [index // 2 + 1 for index in range(count)]
    if isinstance(scheduler, diffusers.PNDMScheduler) and count > 1:
        return [1, *range(1, count)]
    return list(range(1, count + 1))


def _sigmas(scheduler: Scheduler, timesteps: list[torch.Tensor]) -> list[float]:
    """The noise level of each evaluation."""
    if isinstance(
        scheduler, diffusers.DDIMScheduler | diffusers.PNDMScheduler | diffusers.LCMScheduler
    ):
        kept = [float(scheduler.alphas_cumprod[int(timestep)]) for timestep in timesteps]
        return [((1 - share) / share) ** 0.5 for share in kept]
    sigmas = scheduler.sigmas[: len(timesteps)].tolist()
    if isinstance(scheduler, diffusers.KDPM2DiscreteScheduler):
        sigmas[1::2] = scheduler.sigmas_interpol[1 : len(timesteps) : 2].tolist()
    if isinstance(scheduler, diffusers.KDPM2AncestralDiscreteScheduler):
        sigmas[1::2] = scheduler.sigmas_interpol[0 : len(timesteps) - 1 : 2].tolist()
    return sigmas
