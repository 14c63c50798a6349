"""The random latent that a picture starts from, fixed by the seed."""

from __future__ import annotations

import torch
from diffusers.utils.torch_utils import randn_tensor


def seeded(seed: int) -> torch.Generator:
    """The source of all chance in one picture.

    Always on the CPU, so that a seed means the same picture on every device. The same source goes
    on to give the noise that ancestral and SDE samplers add, in the order diffusers draws it.
    """
    return torch.Generator("cpu").manual_seed(seed)


def starting_noise(
    generator: torch.Generator,
    channels: int,
    size: tuple[int, int],
    device: torch.device,
    dtype: torch.dtype,
) -> torch.Tensor:
    """Noise of deviation 1, shape (1, channels, height, width) for a latent size (width, height).

    Drawn in `dtype`, as diffusers' `prepare_latents` does: half precision draws other numbers than
    fp32, and a diffusers pipeline of the same format must make the same picture.
    """
    across, down = size
    return randn_tensor((1, channels, down, across), generator, device, dtype)
