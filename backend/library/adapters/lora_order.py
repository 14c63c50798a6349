"""The order in which cloneofsimo's trainer counted the layers that it changed.

It walked the model's blocks as they were registered (down, up, then the middle), and in each
transformer block the first attention, the GEGLU and the second attention; in the text encoder each
attention's projections as registered (cloneofsimo/lora, lora_diffusion/lora.py, and diffusers 0.11
and transformers 4.25, whose modules it met).
"""

from __future__ import annotations

from collections.abc import Iterable

_IN_BLOCK = (
    *("attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0"),
    "ff.net.0.proj",
    *("attn2.to_q", "attn2.to_k", "attn2.to_v", "attn2.to_out.0"),
)
_IN_TEXT = ("k_proj", "v_proj", "q_proj", "out_proj")
_STAGES = ("down_blocks", "up_blocks", "mid_block")


def counted_names(part: str, modules: Iterable[str]) -> dict[str, str]:
    """Module names by their number, `#0` and up; modules in the order of `named_modules()`."""
    names = list(modules)
    ordered = _text_order(names) if part == "text" else _unet_order(names)
    return {f"#{number}": name for number, name in enumerate(ordered)}


def _unet_order(names: list[str]) -> list[str]:
    there = set(names)
    blocks = dict.fromkeys(_owner(name, _IN_BLOCK) for name in names)
    ordered = sorted((block for block in blocks if block), key=_stage)
    return [f"{block}.{inner}" for block in ordered for inner in _IN_BLOCK
            if f"{block}.{inner}" in there]  # fmt: skip


def _text_order(names: list[str]) -> list[str]:
    there = set(names)
    blocks = dict.fromkeys(_owner(name, _IN_TEXT) for name in names)
    return [f"{block}.{inner}" for block in blocks if block for inner in _IN_TEXT
            if f"{block}.{inner}" in there]  # fmt: skip


def _owner(name: str, inner: tuple[str, ...]) -> str:
    """The block that a module of one of the inner names belongs to, else empty."""
    return next((name.removesuffix(f".{each}") for each in inner if name.endswith(f".{each}")), "")


def _stage(block: str) -> int:
    """Sorting by stage alone keeps the blocks of each stage in the order that they came in."""
    return next((n for n, stage in enumerate(_STAGES) if block.startswith(stage)), len(_STAGES))
