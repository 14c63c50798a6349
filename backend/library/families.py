"""Which family a checkpoint belongs to, told from tensor names and shapes alone.

Sources: the original Stable Diffusion 1.x and 2.x layouts (CompVis, Stability AI) and diffusers'
folder layout. What a header cannot say is how a model predicts: SD 2.x at 768 pixels predicts v.
"""

from __future__ import annotations

from backend.errors import ModelError
from backend.library.header import Header
from backend.models import Family, Kind

_FIRST_CONVOLUTION = "model.diffusion_model.input_blocks.0.0.weight"
_CROSS_ATTENTION = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
_KINDS: dict[int, Kind] = {4: "base", 9: "inpaint", 5: "depth"}
_FAMILIES: dict[int, Family] = {768: "sd1", 1024: "sd2"}


def kind_of(in_channels: int, name: str) -> Kind:
    """What the noise predictor's input channels say it is for."""
    try:
        return _KINDS[in_channels]
    except KeyError:
        raise ModelError(
            f"“{name}” takes {in_channels} latent channels; "
            "models with 4 (base), 9 (inpainting) and 5 (depth) are known."
        ) from None


def tell_single_file(header: Header, name: str) -> tuple[Family, Kind]:
    """Family and kind of a single-file checkpoint; raises `ModelError` saying what it is not."""
    shapes = header.shapes
    if any(key.startswith("conditioner.embedders.") for key in shapes):
        raise ModelError(f"“{name}” is an SDXL checkpoint; SDXL is not supported yet.")
    if _FIRST_CONVOLUTION not in shapes or _CROSS_ATTENTION not in shapes:
        raise ModelError(f"“{name}” does not hold a Stable Diffusion noise predictor.")
    width = shapes[_CROSS_ATTENTION][-1]
    if width not in _FAMILIES:
        raise ModelError(f"“{name}” expects text embeddings of {width} values; 768 and 1024 work.")
    return _FAMILIES[width], kind_of(shapes[_FIRST_CONVOLUTION][1], name)
