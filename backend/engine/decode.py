"""From the finished latent to the picture."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderKL

from backend.engine.soundness import Breakdown, is_sound

# Pixels as the page and files have them: height x width x 3, red green blue, 0 to 255.
Picture = np.ndarray

PRECISION_NOTE = "The VAE overflowed in half precision, so the picture was decoded in fp32."
BROKEN_NOTE = "The model computed values that are no numbers (NaN), which are shown as black."
BLACK_NOTE = "The picture is black."
BLACK = -1 + 1 / 255  # a value up to which a pixel is written as 0


@dataclass(frozen=True)
class Decoded:
    """A picture, a note about it or "", and what the VAE did wrong where the latent was sound."""

    picture: Picture
    note: str = ""
    fault: Breakdown | None = None


@torch.inference_mode()
def decode(latent: torch.Tensor, vae: AutoencoderKL) -> Decoded:
    """The picture of a latent (1, 4, height / 8, width / 8).

    Some VAEs overflow in half precision, which shows as NaN or as a black picture; such a latent is
    decoded again in fp32.
    """
    pixels, note = _pixels(latent, vae), ""
    if _is_black(pixels) and is_sound(latent) and vae.dtype != torch.float32:
        # A copy: the loaded VAE stays as it is, and this is rare.
        pixels, note = _pixels(latent.float(), copy.deepcopy(vae).float()), PRECISION_NOTE
    if not _is_black(pixels):
        return Decoded(to_uint8(pixels), note)
    if not is_sound(pixels):
        return Decoded(to_uint8(pixels), BROKEN_NOTE, Breakdown(stage="VAE"))
    return Decoded(to_uint8(pixels), BLACK_NOTE, Breakdown(stage="none"))


def _is_black(pixels: torch.Tensor) -> bool:
    """Whether a pixel is no number, or all are black."""
    return not is_sound(pixels) or bool((pixels <= BLACK).all())


def _pixels(latent: torch.Tensor, vae: AutoencoderKL) -> torch.Tensor:
    """(1, 3, height, width), about -1 to 1."""
    return vae.decode(latent.to(vae.dtype) / vae.config["scaling_factor"], return_dict=False)[0]


def to_uint8(pixels: torch.Tensor) -> Picture:
    """(1, 3, height, width) from -1..1 to (height, width, 3) from 0 to 255; NaN becomes black."""
    unit = (pixels[0].float().nan_to_num(nan=-1) / 2 + 0.5).clamp(0, 1)
    return (unit * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()
