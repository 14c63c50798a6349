"""The noise predictor: diffusers' blocks beside the original's numbered list of layers.

The original (CompVis/stable-diffusion, openaimodel.py, `UNetModel`) counts `input_blocks` and
`output_blocks` through all levels; what a layer holds (residual block, attention, resampling) is
its second number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from backend.errors import ModelError
from backend.library.layouts.piece import renamed, with_table

PREFIX = "model.diffusion_model."
_ENDS = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_RESIDUAL_BLOCK = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_KNOWN_BLOCKS = {"CrossAttnDownBlock2D", "DownBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"}


def original_unet(config: dict[str, Any]) -> Callable[[str], str]:
    """From diffusers' parameter names to the original's, for a U-Net of that configuration.

    Raises `ModelError` where the original layout has no place for one of its blocks.
    """
    modules = {**_ENDS, **dict(_down(config)), **dict(_up(config))}

    def original(name: str) -> str:
        module, other, rest = renamed(name, modules)
        if ".resnets." in module:
            rest = with_table(rest, _RESIDUAL_BLOCK)
        return f"{PREFIX}{other}.{rest}"

    return original


def _down(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kinds, layers = _blocks(config, "down_block_types")
    index = 1
    for block, kind in enumerate(kinds):
        for layer in range(layers[block]):
            yield f"down_blocks.{block}.resnets.{layer}", f"input_blocks.{index}.0"
            if kind.startswith("CrossAttn"):
                yield f"down_blocks.{block}.attentions.{layer}", f"input_blocks.{index}.1"
            index += 1
        if block < len(kinds) - 1:
            yield f"down_blocks.{block}.downsamplers.0.conv", f"input_blocks.{index}.0.op"
            index += 1


def _up(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kinds, layers = _blocks(config, "up_block_types")
    layers = [count + 1 for count in reversed(layers)]  # one more, for the skipped connection
    index = 0
    for block, kind in enumerate(kinds):
        attends = kind.startswith("CrossAttn")
        for layer in range(layers[block]):
            yield f"up_blocks.{block}.resnets.{layer}", f"output_blocks.{index}.0"
            if attends:
                yield f"up_blocks.{block}.attentions.{layer}", f"output_blocks.{index}.1"
            index += 1
        if block < len(kinds) - 1:
            place = f"output_blocks.{index - 1}.{2 if attends else 1}.conv"
            yield f"up_blocks.{block}.upsamplers.0.conv", place


def _blocks(config: dict[str, Any], key: str) -> tuple[list[str], list[int]]:
    kinds, layers = list(config[key]), config.get("layers_per_block", 2)
    unknown = [kind for kind in kinds if kind not in _KNOWN_BLOCKS]
    if unknown:
        raise ModelError(f"The original layout has no place for a {str(unknown[0])[:40]}.")
    return kinds, [layers] * len(kinds) if isinstance(layers, int) else list(layers)
