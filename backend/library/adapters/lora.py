"""LoRAs (Hu et al. 2021, arXiv:2106.09685): low-rank changes of a model's weights.

Layouts: kohya (`lora_unet_..._to_q.lora_down.weight`, `.alpha`), diffusers (`unet.....to_q.lora_A.
weight` and its three earlier spellings) and cloneofsimo (`unet:12:down`, counted in the order that
its trainer met the layers).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from backend.errors import ModelError
from backend.library.adapters.lora_order import counted_names
from backend.library.adapters.source import Source, check_width, finite, read_source

Part = Literal["unet", "text"]
Role = Literal["down", "up", "mid", "alpha"]

_ROLES: dict[str, Role] = {
    ".lora_down.weight": "down", ".lora_up.weight": "up", ".lora_mid.weight": "mid",
    ".lora_A.weight": "down", ".lora_B.weight": "up",
    ".lora_A.default.weight": "down", ".lora_B.default.weight": "up",
    ".lora.down.weight": "down", ".lora.up.weight": "up",
    "_lora.down.weight": "down", "_lora.up.weight": "up",
    ".lora_linear_layer.down.weight": "down", ".lora_linear_layer.up.weight": "up",
    ".lora.alpha": "alpha", "_lora.alpha": "alpha", ".lora_linear_layer.alpha": "alpha",
    ".alpha": "alpha",
}  # fmt: skip
_PREFIXES: dict[str, Part] = {
    "lora_unet_": "unet", "lora_te_": "text", "unet.": "unet", "text_encoder.": "text",
    "base_model.model.": "unet",
}  # fmt: skip
_OTHER_KINDS = (".hada_", ".lokr_", ".dora_scale", ".oft_", ".glora_")
_TEXT_WIDTH_ENDINGS = ("attn2.to_k", "self_attn.k_proj")
_COUNTED = re.compile(r"(unet|text_encoder):(\d{1,4}):(down|up|alpha)")


@dataclass(frozen=True)
class LoraLayer:
    """A change of one weight: `scale * up @ down`, with `mid` between them for a convolution.

    `down` is fp32 of shape (rank, in, ...), `up` (out, rank, ...).
    """

    down: torch.Tensor
    up: torch.Tensor
    scale: float
    mid: torch.Tensor | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the weight that it changes: rows, columns and, of a convolution, its kernel."""
        kernel = (self.down if self.mid is None else self.mid).shape[2:]
        return self.up.shape[0], self.down.shape[1], *kernel


@dataclass(frozen=True)
class Lora:
    """Layers by part and by module: its name with underscores for dots, or `#n` where counted.

    `words` are the names of words that were learned with it, which are not read.
    """

    name: str
    unet: dict[str, LoraLayer]
    text: dict[str, LoraLayer]
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class FittedLora:
    """The same for one model: layers by the module's own name; `unknown` had no module to fit."""

    unet: dict[str, LoraLayer]
    text: dict[str, LoraLayer]
    unknown: tuple[str, ...] = ()


Shapes = Mapping[str, tuple[int, ...]]


def read_lora(path: Path) -> Lora:
    """A LoRA from a file in any of the layouts; raises `ModelError`."""
    source = read_source(path)
    for kind in _OTHER_KINDS:
        if any(kind in name for name in source.tensors):
            raise ModelError(f"“{path.name}” is a LyCORIS file ({kind.strip('_.')}), not a LoRA.")
    if any(name.startswith(("lora_te1_", "lora_te2_")) for name in source.tensors):
        raise ModelError(f"“{path.name}” fits SDXL, which is not supported yet.")
    parts, words = _sorted(source)
    layers = {
        part: {target: _layer(roles, path) for target, roles in targets.items()}
        for part, targets in parts.items()
    }
    if not layers["unet"] and not layers["text"]:
        raise ModelError(f"“{path.name}” is not a LoRA.")
    return Lora(path.stem, **layers, words=words)


def fit_lora(lora: Lora, unet: Shapes, text: Shapes) -> FittedLora:
    """Find each layer's module in a model, given the shapes of its weights by module name.

    The names must come in the order of `named_modules()`. Raises `ModelError` where a weight has
    another shape, or no module is found, saying which model the LoRA fits where that can be told.
    """
    in_unet, unknown_unet = _placed("unet", lora.unet, unet)
    in_text, unknown_text = _placed("text", lora.text, text)
    if not in_unet and not in_text:
        raise ModelError(f"“{lora.name}” was made for a model of another build.")
    _check(lora.name, in_unet, unet)
    _check(lora.name, in_text, text)
    return FittedLora(in_unet, in_text, (*unknown_unet, *unknown_text))


def _placed(
    part: Part, layers: dict[str, LoraLayer], shapes: Shapes
) -> tuple[dict[str, LoraLayer], list[str]]:
    """Layers by the model's module names, and those that it has no module for."""
    names = {_flat(part, name): name for name in shapes} | counted_names(part, shapes)
    found = {names[target]: layer for target, layer in layers.items() if target in names}
    return found, [f"{part}: {target}" for target in layers if target not in names]


def _sorted(source: Source) -> tuple[dict[str, dict[str, dict]], tuple[str, ...]]:
    """The tensors by part, module and role; and the names of learned words."""
    parts: dict[str, dict[str, dict]] = {"unet": {}, "text": {}}
    words = []
    for name, tensor in source.tensors.items():
        if source.texts.get(name) == "<embed>":
            words.append(name)
            continue
        placed = _counted(name) or _named(name)
        if placed:
            part, target, role = placed
            parts[part].setdefault(target, {})[role] = tensor
    return parts, tuple(words)


def _counted(name: str) -> tuple[Part, str, str] | None:
    match = _COUNTED.fullmatch(name)
    if not match:
        return None
    return ("unet" if match[1] == "unet" else "text"), f"#{int(match[2])}", match[3]


def _named(name: str) -> tuple[Part, str, str] | None:
    ending = next((each for each in _ROLES if name.endswith(each)), None)
    if ending is None:
        return None
    target, role, part = name.removesuffix(ending), _ROLES[ending], "unet"
    for prefix, owner in _PREFIXES.items():
        if target.startswith(prefix):
            target, part = target.removeprefix(prefix), owner
            break
    target = target.replace(".processor", "")
    if target.endswith(".to_out"):
        target += ".0"
    return part, _flat(part, target), role


def _flat(part: Part, name: str) -> str:
    flat = name.replace(".", "_")
    return flat.removeprefix("text_model_") if part == "text" else flat


def _layer(roles: dict[str, torch.Tensor], path: Path) -> LoraLayer:
    if not {"down", "up"} <= roles.keys():
        raise ModelError(f"“{path.name}” is incomplete: a layer lacks one of its two halves.")
    down, up = finite(roles["down"], path), finite(roles["up"], path)
    mid = finite(roles["mid"], path) if "mid" in roles else None
    whole = _fit_together(down, up, mid)
    alpha = roles.get("alpha", torch.tensor(float(len(down)) if whole else 1.0))
    if not whole or alpha.numel() != 1:
        raise ModelError(f"“{path.name}” is damaged: the halves of a layer do not fit.")
    return LoraLayer(down, up, float(finite(alpha.double(), path)) / len(down), mid)


def _fit_together(down: torch.Tensor, up: torch.Tensor, mid: torch.Tensor | None) -> bool:
    """Whether the parts of a layer have a product: only the first, or the middle, has a kernel."""
    if not {down.ndim, up.ndim} <= {2, 4} or not 0 < len(down) == up.shape[1]:
        return False
    if mid is None:
        return _pointwise(up)
    square = mid.ndim == 4 and mid.shape[:2] == (len(down), len(down))
    return _pointwise(up) and _pointwise(down) and square


def _pointwise(half: torch.Tensor) -> bool:
    """Whether it is a matrix, or a convolution that looks at single cells."""
    return set(half.shape[2:]) <= {1}


def _check(lora: str, layers: dict[str, LoraLayer], shapes: Shapes) -> None:
    """Compare shapes; the width of the text first, since it tells which model the LoRA fits."""
    for name in layers:
        if name.endswith(_TEXT_WIDTH_ENDINGS):
            check_width(lora, layers[name].shape[1], shapes[name][1])
    for name, layer in layers.items():
        if _plain(layer.shape) != _plain(shapes[name]):
            raise ModelError(
                f"“{lora}” was made for a model of another size: {name} is {shapes[name]} "
                f"here and {layer.shape} there."
            )


def _plain(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A convolution of 1x1 is a matrix, and may be written as either."""
    return shape[:2] if set(shape[2:]) <= {1} else shape
