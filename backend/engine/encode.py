"""From a picture to its latent."""

from __future__ import annotations

import torch
from diffusers import AutoencoderKL

from backend.engine.decode import Picture


def to_pixels(picture: Picture) -> torch.Tensor:
    """(height, width, 3) from 0 to 255 to (1, 3, height, width) from -1 to 1, fp32."""
    unit = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    return 2 * unit - 1


@torch.inference_mode()
def encode(pixels: torch.Tensor, vae: AutoencoderKL, source: torch.Generator) -> torch.Tensor:
    """The latent (1, 4, height / 8, width / 8), deviation about 1, of (1, 3, height, width).

    A VAE gives a distribution of which one latent is drawn from `source`, as diffusers does.
    """
    placed = pixels.to(vae.device, vae.dtype)
    found = vae.encode(placed).latent_dist.sample(source)  # type: ignore[union-attr]
    return vae.config["scaling_factor"] * found
