"""The configuration of each part of a model: shipped for a family, a folder's own, or a file's own.

A configuration comes with a file and is not trusted: only what describes the shape of a network
is taken from it. transformers would otherwise fetch and run programs that a configuration names
(`attn_implementation`, `auto_map`).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.errors import ModelError
from backend.library.header import Header
from backend.library.small_files import read_json

SHIPPED = Path(__file__).parent
METADATA_KEY = "atelier.configs"
UNET_SHAPE_KEY = "model.diffusion_model.input_blocks.0.0.weight"

_PARTS = ("unet", "vae", "text_encoder", "scheduler")
_MAX_LAYERS = 64
_LAYER_KEYS = ("layers_per_block", "num_hidden_layers", "transformer_layers_per_block")
_TEXT_KEYS = {
    "attention_dropout", "bos_token_id", "eos_token_id", "hidden_act", "hidden_size",
    "initializer_factor", "initializer_range", "intermediate_size", "layer_norm_eps",
    "max_position_embeddings", "num_attention_heads", "num_hidden_layers", "pad_token_id",
    "projection_dim", "vocab_size",
}  # fmt: skip


@dataclass(frozen=True)
class Configs:
    """The four configurations of a model as plain JSON values, and its padding token."""

    unet: dict[str, Any]
    vae: dict[str, Any]
    text_encoder: dict[str, Any]
    scheduler: dict[str, Any]
    pad_token: str = "<|endoftext|>"


def configs_of_folder(folder: Path) -> Configs:
    """The configurations of a diffusers folder; raises `ModelError`."""
    tokenizer = folder / "tokenizer" / "tokenizer_config.json"
    return Configs(
        unet=checked("unet", read_json(folder / "unet" / "config.json")),
        vae=checked("vae", read_json(folder / "vae" / "config.json")),
        text_encoder=checked("text_encoder", read_json(folder / "text_encoder" / "config.json")),
        scheduler=checked("scheduler", read_json(folder / "scheduler" / "scheduler_config.json")),
        pad_token=_pad_token(read_json(tokenizer) if tokenizer.is_file() else {}),
    )


def configs_of_file(header: Header, family: str, shipped: Path = SHIPPED) -> Configs:
    """The configurations of a single file: what the converter wrote inside, else its family's.

    Of the family's, the input channels are corrected by what the header says. Raises `ModelError`.
    """
    own = own_configs(header)
    if own is not None:
        return own
    configs = configs_of_folder(shipped / family)
    channels = header.shapes[UNET_SHAPE_KEY][1]
    return Configs(
        unet={**configs.unet, "in_channels": channels},
        vae=configs.vae,
        text_encoder=configs.text_encoder,
        scheduler=configs.scheduler,
        pad_token=configs.pad_token,
    )


def own_configs(header: Header) -> Configs | None:
    """What the converter wrote into a single file's metadata; raises `ModelError` if damaged."""
    text = header.metadata.get(METADATA_KEY)
    if text is None:
        return None
    try:
        value = json.loads(text)
        parts = {part: checked(part, value[part]) for part in _PARTS}
        return Configs(**parts, pad_token=_pad_token(value))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError("The configuration inside the file is damaged.") from error


def as_metadata(configs: Configs) -> dict[str, str]:
    """The metadata of a single file that `own_configs` reads back."""
    parts = {part: getattr(configs, part) for part in _PARTS}
    return {METADATA_KEY: json.dumps({**parts, "pad_token": configs.pad_token})}


def checked(part: str, config: dict[str, Any]) -> dict[str, Any]:
    """The known and harmless entries of a configuration; raises `ModelError` for absurd values."""
    if not isinstance(config, dict):
        raise ModelError(f"The configuration of the {part} is damaged.")
    kept = {
        key: value
        for key, value in config.items()
        if not key.startswith("_") and (part != "text_encoder" or key in _TEXT_KEYS)
    }
    for key, value in kept.items():
        limit = _MAX_LAYERS if key in _LAYER_KEYS else 10_000_000
        if not _harmless(value, limit):
            raise ModelError(f"The configuration of the {part} has an absurd {key[:40]}.")
    return kept


def _harmless(value: object, limit: int) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return math.isfinite(value) and abs(value) <= limit
    if isinstance(value, list | tuple):
        return len(value) <= 1024 and all(_harmless(each, limit) for each in value)
    return isinstance(value, str) and len(value) <= 100


def _pad_token(config: dict[str, Any]) -> str:
    token = config.get("pad_token")
    if isinstance(token, dict):  # how transformers writes a token with its settings
        token = token.get("content")
    return token if isinstance(token, str) and 0 < len(token) <= 32 else "<|endoftext|>"
