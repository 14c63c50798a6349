"""Where the denoising loop begins, and what every beginning needs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import AutoencoderKL

from backend.engine.components import Components
from backend.engine.decode import Picture
from backend.engine.encode import encode, to_pixels
from backend.engine.keep import Keep
from backend.engine.noise import starting_noise
from backend.engine.samplers import Scheduler, skip_steps
from backend.geometry import steps_run


@dataclass(frozen=True, kw_only=True)
class Start:
    """Latents are (1, 4, height / 8, width / 8)."""

    # in the scheduler's own scale, at the noise level of the first evaluation
    latent: torch.Tensor
    # how many of the evaluations that the scheduler has laid out are left out
    first: int = 0
    # (1, any, height / 8, width / 8): what the network sees beside the latent
    channels: torch.Tensor | None = None
    # what is put back after each evaluation
    keep: Keep | None = None


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a start is made with; the scheduler has its `steps` set.

    `size` is that of the latent, (width, height) in cells.
    """

    model: Components
    scheduler: Scheduler
    source: torch.Generator
    size: tuple[int, int]
    steps: int

    def noise(self) -> torch.Tensor:
        """New noise of deviation 1, (1, 4, height / 8, width / 8)."""
        model = self.model
        channels = model.vae.config["latent_channels"]
        return starting_noise(self.source, channels, self.size, model.device, model.dtype)

    def encoded(self, picture: Picture) -> torch.Tensor:
        """The latent of a picture (height, width, 3), uint8; see `latent_of`."""
        return latent_of(picture, self.model.vae, self.size, self.source)


def latent_of(
    picture: Picture, vae: AutoencoderKL, size: tuple[int, int], source: torch.Generator
) -> torch.Tensor:
    """The latent of a picture (height, width, 3), uint8, stretched where it is of another size.

    Only a picture for "Latent resize" is; `size` is (width, height) in cells.
    """
    latent = encode(to_pixels(picture), vae, source)
    across, down = size
    if latent.shape[-2:] == (down, across):
        return latent
    return torch.nn.functional.interpolate(latent, size=(down, across), mode="bilinear")


def from_noise(noise: torch.Tensor, scheduler: Scheduler) -> Start:
    """Text to image: noise of deviation 1, (1, 4, height / 8, width / 8), and nothing else."""
    return Start(latent=noise * scheduler.init_noise_sigma)


def noised(
    scheduler: Scheduler, steps: int, clean: torch.Tensor, noise: torch.Tensor, strength: float
) -> Start:
    """`clean` with as much noise as the steps that are left at `strength` (0 to 1) take away.

    `scheduler` has its `steps` set. Where none is left, `clean` itself, and the loop returns it as
    it is.
    """
    run = steps_run(steps, strength)
    first = skip_steps(scheduler, steps - run, steps)
    if run == 0:
        return Start(latent=clean, first=first)
    timestep = scheduler.timesteps[first].reshape(1)
    return Start(latent=scheduler.add_noise(clean, noise, timestep), first=first)
