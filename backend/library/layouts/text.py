"""The text encoder: transformers' CLIP, with and without its prefix, and open_clip's tower."""

from __future__ import annotations

from collections.abc import Iterator

from backend.library.layouts.piece import Piece, renamed

CLIP_PREFIX = "cond_stage_model.transformer.text_model."
OPEN_CLIP_PREFIX = "cond_stage_model.model."
# Folders saved with transformers before 5 have the prefix; the earliest single files do not.
_CLIP_PREFIXES = (CLIP_PREFIX, "cond_stage_model.transformer.")
_FOLDER_PREFIXES = ("", "text_model.")
_WHOLE = {
    "embeddings.token_embedding.weight": "token_embedding.weight",
    "embeddings.position_embedding.weight": "positional_embedding",
    "final_layer_norm.weight": "ln_final.weight",
    "final_layer_norm.bias": "ln_final.bias",
}
_LAYER = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}
_IN_PROJECTIONS = {"self_attn.q_proj": 0, "self_attn.k_proj": 1, "self_attn.v_proj": 2}


def original_clip(name: str) -> Piece:
    """Where a single file of Stable Diffusion 1.x keeps a parameter of `CLIPTextModel`."""
    return Piece(CLIP_PREFIX + name)


def original_open_clip(name: str) -> Piece:
    """Where a single file of Stable Diffusion 2.x keeps a parameter of `CLIPTextModel`.

    open_clip (`transformer.py`, `nn.MultiheadAttention`) stacks queries, keys and values.
    """
    if name in _WHOLE:
        return Piece(OPEN_CLIP_PREFIX + _WHOLE[name])
    _, _, layer, rest = name.split(".", 3)
    block = f"{OPEN_CLIP_PREFIX}transformer.resblocks.{layer}."
    module, _, kind = rest.rpartition(".")
    if module in _IN_PROJECTIONS:
        return Piece(f"{block}attn.in_proj_{kind}", _IN_PROJECTIONS[module], 3)
    _, other, kind = renamed(rest, _LAYER)
    return Piece(f"{block}{other}.{kind}")


def locate_in_folder(name: str) -> Iterator[Piece]:
    """Where the file of a diffusers folder may keep a parameter of `CLIPTextModel`."""
    return (Piece(prefix + name) for prefix in _FOLDER_PREFIXES)


def locate_in_single_file(name: str) -> Iterator[Piece]:
    """Where a single-file checkpoint of any family may keep a parameter of `CLIPTextModel`."""
    yield from (Piece(prefix + name) for prefix in _CLIP_PREFIXES)
    yield original_open_clip(name)
