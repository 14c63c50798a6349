"""The VAE: diffusers' names, their early spelling, and the original's (CompVis, model.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from backend.library.layouts.piece import Locate, Piece, renamed, with_table

PREFIX = "first_stage_model."
_PREFIXES = ("", PREFIX, "vae.")
_EARLY_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out": "proj_attn"}
_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out": "proj_out"}
_RESIDUAL_BLOCK = {"conv_shortcut": "nin_shortcut"}
_MAX_LAYERS = 16  # residual blocks of one level; Stable Diffusion has 2 and 3
_ENDS = {"quant_conv": "quant_conv", "post_quant_conv": "post_quant_conv"}


def original_vae(config: dict[str, Any]) -> Callable[[str], str]:
    """From diffusers' parameter names to the original's, without a prefix."""
    levels = len(config["block_out_channels"])
    modules = {**_ENDS, **dict(_half("encoder", levels)), **dict(_half("decoder", levels))}

    def original(name: str) -> str:
        module, other, rest = renamed(name, modules)
        if ".attentions." in module:
            rest = with_table(_without_list(rest), _ATTENTION)
        elif ".resnets." in module:
            rest = with_table(rest, _RESIDUAL_BLOCK)
        return f"{other}.{rest}"

    return original


def locate_vae(config: dict[str, Any]) -> Locate:
    """Where any file, loose or a whole checkpoint, may keep a parameter of the VAE."""
    original = original_vae(config)

    def locate(name: str) -> Iterator[Piece]:
        yield Piece(name)
        yield Piece(_early(name))
        for prefix in _PREFIXES:
            yield Piece(prefix + original(name))

    return locate


def _half(half: str, levels: int) -> Iterator[tuple[str, str]]:
    encoder = half == "encoder"
    yield f"{half}.conv_in", f"{half}.conv_in"
    yield f"{half}.conv_norm_out", f"{half}.norm_out"
    yield f"{half}.conv_out", f"{half}.conv_out"
    for index in (0, 1):
        yield f"{half}.mid_block.resnets.{index}", f"{half}.mid.block_{index + 1}"
    yield f"{half}.mid_block.attentions.0", f"{half}.mid.attn_1"
    for level in range(levels):
        # The original numbers the decoder's levels by their size, not by their order.
        number = level if encoder else levels - 1 - level
        way = "down" if encoder else "up"
        ours, theirs = f"{half}.{way}_blocks.{level}", f"{half}.{way}.{number}"
        yield f"{ours}.{way}samplers.0.conv", f"{theirs}.{way}sample.conv"
        for layer in range(_MAX_LAYERS):
            yield f"{ours}.resnets.{layer}", f"{theirs}.block.{layer}"


def _early(name: str) -> str:
    """The spelling of diffusers before 0.12: `query` for `to_q`, and so on."""
    head, dot, rest = name.partition(".attentions.0.")
    return head + dot + with_table(_without_list(rest), _EARLY_ATTENTION) if dot else name


def _without_list(name: str) -> str:
    return name.replace("to_out.0.", "to_out.", 1)
