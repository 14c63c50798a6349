"""What a safetensors file is, told from tensor names and shapes alone.

Sources: the original Stable Diffusion 1.x and 2.x layouts (CompVis, Stability AI) and diffusers'
folder layout. What a header cannot say is how a model predicts: SD 2.x at 768 pixels predicts v.
"""

from __future__ import annotations

from typing import Literal

from backend.errors import ModelError
from backend.library.configs import UNET_SHAPE_KEY, own_configs
from backend.library.header import Header
from backend.models import Family, Kind

Content = Literal[
    "checkpoint", "sdxl", "vae", "lora", "embedding", "noise predictor", "text encoder", "other"
]

_UNET_PREFIX = "model.diffusion_model."
_CROSS_ATTENTION = ".attn2.to_k.weight"
_KINDS: dict[int, Kind] = {4: "base", 9: "inpaint", 5: "depth"}
_FAMILIES: dict[int, Family] = {768: "sd1", 1024: "sd2"}
_LORA_SIGNS = (".lora_down.weight", ".lora_A.weight", ".lora.down.weight", "_lora.down.weight",
               ".lora_linear_layer.down.weight")  # fmt: skip
_VAE_PREFIXES = ("", "first_stage_model.", "vae.")
# Where in the models folder each belongs.
FOLDERS: dict[Content, str] = {
    "checkpoint": "checkpoints",
    "vae": "vae",
    "lora": "loras",
    "embedding": "embeddings",
}
CONTENTS: dict[Content, str] = {
    "checkpoint": "a checkpoint in the original layout",
    "sdxl": "an SDXL checkpoint",
    "vae": "a VAE",
    "lora": "a LoRA",
    "embedding": "a textual inversion",
    "noise predictor": "the noise predictor of a diffusers folder",
    "text encoder": "the text encoder of a diffusers folder",
    "other": "none of the kinds that are known",
}


def content_of(header: Header) -> Content:
    """What kind of model file it is."""
    names = set(header.entries)
    signs: dict[Content, bool] = {
        "sdxl": any(name.startswith("conditioner.embedders.") for name in names),
        "checkpoint": UNET_SHAPE_KEY in names,
        "lora": any(name.endswith(_LORA_SIGNS) or name == "unet:0:down" for name in names),
        "vae": any(prefix + "encoder.conv_in.weight" in names for prefix in _VAE_PREFIXES),
        "noise predictor": {"conv_in.weight", "time_embedding.linear_1.weight"} <= names,
        "text encoder": any(name.endswith("embeddings.token_embedding.weight") for name in names),
        "embedding": _is_embedding(header),
    }
    for content, there in signs.items():
        if there:
            return content
    return "other"


def kind_of(in_channels: int, name: str) -> Kind:
    """What the noise predictor's input channels say it is for."""
    try:
        return _KINDS[in_channels]
    except (KeyError, TypeError):
        raise ModelError(
            f"“{name}” takes {in_channels} latent channels; "
            "models with 4 (base), 9 (inpainting) and 5 (depth) are known."
        ) from None


def tell_single_file(header: Header, name: str) -> tuple[Family, Kind]:
    """Family and kind of a single-file checkpoint; raises `ModelError` saying what it is not."""
    content = content_of(header)
    if content == "sdxl":
        raise ModelError(f"“{name}” is an SDXL checkpoint; SDXL is not supported yet.")
    if content in ("vae", "lora", "embedding"):
        raise ModelError(
            f"“{name}” is {CONTENTS[content]}; it belongs in models/{FOLDERS[content]}."
        )
    if content in ("noise predictor", "text encoder"):
        raise ModelError(f"“{name}” is {CONTENTS[content]}, without the rest of it.")
    shapes = header.shapes
    width = _text_width(header)
    if content != "checkpoint" or width is None or len(shapes[UNET_SHAPE_KEY]) != 4:
        raise ModelError(f"“{name}” does not hold a Stable Diffusion noise predictor.")
    if width not in _FAMILIES and own_configs(header) is None:
        raise ModelError(f"“{name}” expects text embeddings of {width} values; 768 and 1024 work.")
    return _FAMILIES.get(width, "sd1"), kind_of(shapes[UNET_SHAPE_KEY][1], name)


def fitting_model(width: int) -> str:
    """Which models take text embeddings of a width, in words."""
    names = {768: "Stable Diffusion 1.x", 1024: "Stable Diffusion 2.x", 1280: "SDXL", 2048: "SDXL"}
    return names.get(width, f"models with text embeddings of {width} values")


def _text_width(header: Header) -> int | None:
    for name, entry in header.entries.items():
        if name.startswith(_UNET_PREFIX) and name.endswith(_CROSS_ATTENTION) and entry.shape:
            return entry.shape[-1]
    return None


def _is_embedding(header: Header) -> bool:
    """A few rows of numbers and nothing else."""
    shapes = header.shapes.values()
    return 0 < len(shapes) <= 4 and all(len(shape) in (1, 2) and shape[-1] > 1 for shape in shapes)
