"""From the finished latent to the picture."""

from __future__ import annotations

import copy

import numpy as np
import torch
from diffusers import AutoencoderKL

# Pixels as the page and files have them: height x width x 3, red green blue, 0 to 255.
Picture = np.ndarray

PRECISION_NOTE = "The VAE overflowed in half precision, so the picture was decoded in fp32."
BROKEN_NOTE = (
    "The model computed values that are no numbers (NaN), so that parts of the picture are grey; "
    "it may need another number format (--dtype fp32) or be damaged."
)


@torch.inference_mode()
def decode(latent: torch.Tensor, vae: AutoencoderKL) -> tuple[Picture, str]:
    """The picture of a latent (1, 4, height / 8, width / 8), and a note about it or "".

    Some VAEs overflow in half precision, which shows as NaN and would be a black picture; such a
    latent is decoded again in fp32.
    """
    pixels, note = _pixels(latent, vae), ""
    if not _sound(pixels) and _sound(latent) and vae.dtype != torch.float32:
        # A copy: the loaded VAE stays as it is, and this is rare.
        pixels, note = _pixels(latent.float(), copy.deepcopy(vae).float()), PRECISION_NOTE
    return to_uint8(pixels), note if _sound(pixels) else BROKEN_NOTE


def _sound(numbers: torch.Tensor) -> bool:
    return bool(torch.isfinite(numbers).all())


def _pixels(latent: torch.Tensor, vae: AutoencoderKL) -> torch.Tensor:
    """(1, 3, height, width), about -1 to 1."""
    return vae.decode(latent.to(vae.dtype) / vae.config["scaling_factor"], return_dict=False)[0]


def to_uint8(pixels: torch.Tensor) -> Picture:
    """(1, 3, height, width) from -1..1 to (height, width, 3) from 0 to 255."""
    unit = (pixels[0].float().nan_to_num() / 2 + 0.5).clamp(0, 1)
    return (unit * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()
