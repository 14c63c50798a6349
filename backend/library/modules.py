"""The three networks of a model without weights, from configurations that nobody vouches for.

Each is made on the `meta` device: it takes no memory, however large it says it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from backend.errors import ModelError
from backend.library.configs import checked


def make_unet(config: dict[str, Any]) -> UNet2DConditionModel:
    """The noise predictor; raises `ModelError`."""
    plain = checked("unet", dict(config))
    return _made(lambda: UNet2DConditionModel.from_config(plain), "noise predictor")


def make_vae(config: dict[str, Any]) -> AutoencoderKL:
    """The VAE; raises `ModelError`."""
    plain = checked("vae", dict(config))
    return _made(lambda: AutoencoderKL.from_config(plain), "VAE")


def make_text_encoder(config: dict[str, Any]) -> CLIPTextModel:
    """The text encoder; raises `ModelError`."""
    plain = checked("text_encoder", config)
    return _made(lambda: CLIPTextModel(CLIPTextConfig(**plain)), "text encoder")


def _made(make: Callable[[], Any], part: str) -> Any:
    try:
        with torch.device("meta"):
            return make()
    except Exception as error:  # a wrong value can fail anywhere inside the libraries
        raise ModelError(f"The configuration of the {part} is not understood.") from error
