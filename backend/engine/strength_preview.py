"""What of a picture survives the noise at a denoising strength, shown before painting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import AutoencoderKL

from backend.engine.decode import Picture
from backend.engine.noise import seeded, starting_noise
from backend.engine.samplers import build_scheduler, evaluations, set_steps
from backend.engine.start import latent_of, noised
from backend.models import Prediction
from backend.request import GenerationRequest


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """A picture's latent and the noise that its seed adds, each (1, 4, height / 8, width / 8).

    All that a change of the strength leaves as it is; deviation about 1 each.
    """

    clean: torch.Tensor
    noise: torch.Tensor


@torch.inference_mode()
def expose(picture: Picture, vae: AutoencoderKL, size: tuple[int, int], seed: int) -> Exposure:
    """Encode a picture (height, width, 3), sides multiples of 8, as image to image would.

    `size` is (width, height) in cells.
    """
    source = seeded(seed)
    clean = latent_of(picture, vae, size, source)
    noise = starting_noise(source, vae.config["latent_channels"], size, vae.device, vae.dtype)
    return Exposure(clean=clean, noise=noise)


@torch.inference_mode()
def surviving(
    exposure: Exposure,
    request: GenerationRequest,
    strength: float,
    scheduler_config: Mapping[str, Any],
    prediction: Prediction,
) -> torch.Tensor:
    """The latent that image to image starts from at a strength, as the VAE takes it (deviation 1).

    Of the request count steps, sampler and schedule. Raises `InvalidRequest` for a sampler and
    schedule that do not go together.
    """
    scheduler = build_scheduler(request.sampler, request.schedule, scheduler_config, prediction)
    set_steps(scheduler, request.steps)
    start = noised(scheduler, request.steps, exposure.clean, exposure.noise, strength)
    left = evaluations(scheduler, start.first)
    # The VAE was made for latents of deviation 1, which some samplers do not keep.
    shrink = (left[0].sigma ** 2 + 1) ** 0.5 if left and left[0].in_latent_scale else 1.0
    return start.latent / shrink
