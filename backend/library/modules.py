"""The three networks of a model, made from configurations that nobody vouches for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from backend.errors import ModelError
from backend.library.configs import checked

Make = Callable[[], nn.Module]


def make_unet(config: dict[str, Any]) -> Make:
    """A maker of the noise predictor; the maker raises `ModelError`."""
    return _guarded(lambda: UNet2DConditionModel.from_config(config), "noise predictor")


def make_vae(config: dict[str, Any]) -> Make:
    """A maker of the VAE; the maker raises `ModelError`."""
    plain = checked("vae", dict(config))
    return _guarded(lambda: AutoencoderKL.from_config(plain), "VAE")


def make_text_encoder(config: dict[str, Any]) -> Make:
    """A maker of the text encoder; the maker raises `ModelError`."""
    plain = checked("text_encoder", config)
    return _guarded(lambda: CLIPTextModel(CLIPTextConfig(**plain)), "text encoder")


def _guarded(make: Callable[[], Any], part: str) -> Make:
    def guarded() -> nn.Module:
        try:
            return make()
        except Exception as error:  # a wrong value can fail anywhere inside the libraries
            raise ModelError(f"The configuration of the {part} is not understood.") from error

    return guarded
