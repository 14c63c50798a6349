"""Hypernetworks as A1111 trains them: for each width, two small networks before keys and values.

In every attention whose context has that width, keys are computed from `x + first(x)` and values
from `x + second(x)` (AUTOMATIC1111/stable-diffusion-webui, modules/hypernetworks/hypernetwork.py).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import torch

from backend.errors import ModelError
from backend.library.adapters.source import Source, check_width, finite, read_source

# What the files call an activation, and the class of torch.nn that it means.
ACTIVATIONS = {
    "linear": "Identity", "relu": "ReLU", "leakyrelu": "LeakyReLU", "elu": "ELU",
    "swish": "Hardswish", "hardswish": "Hardswish", "tanh": "Tanh", "sigmoid": "Sigmoid",
    "softsign": "Softsign", "silu": "SiLU", "gelu": "GELU", "mish": "Mish", "selu": "SELU",
    "celu": "CELU", "relu6": "ReLU6", "softplus": "Softplus", "hardtanh": "Hardtanh",
    "tanhshrink": "Tanhshrink", "softshrink": "Softshrink", "logsigmoid": "LogSigmoid",
}  # fmt: skip
_TEXT_WIDTHS = (768, 1024)
# The earliest files call the layers linear1 and linear2, later ones linear.0, linear.1 and so on.
_NAME = re.compile(r"(\d{1,5})/([01])/linear(?:([12])|\.(\d{1,3}))\.(weight|bias)")


@dataclass(frozen=True)
class Layer:
    """A matrix (out, in) and its bias; or, with a weight of one dimension, a layer norm."""

    weight: torch.Tensor
    bias: torch.Tensor


@dataclass(frozen=True)
class Hypernetwork:
    """`networks` maps a width to the layers of its two networks, first for keys, then for values.

    `activation` (a class of torch.nn) follows each matrix, the last only with `activate_output`.
    """

    name: str
    networks: dict[int, tuple[tuple[Layer, ...], tuple[Layer, ...]]]
    activation: str
    activate_output: bool

    def check_fits(self, width: int) -> None:
        """Raise `ModelError` where it was made for models of another text width."""
        made_for = [each for each in _TEXT_WIDTHS if each in self.networks]
        if made_for and width not in made_for:
            check_width(self.name, made_for[0], width)
        if width not in self.networks and not made_for:
            widths = ", ".join(str(each) for each in sorted(self.networks))
            raise ModelError(
                f"“{self.name}” has layers for widths of {widths}, and none for the {width} of "
                "this model's text."
            )


def read_hypernetwork(path: Path) -> Hypernetwork:
    """A hypernetwork from its `.pt` file or the same as safetensors; raises `ModelError`."""
    source = read_source(path)
    activation = str(_plain(source, "activation_func", "linear") or "linear")
    if activation not in ACTIVATIONS:
        raise ModelError(f"“{path.name}” uses an unknown activation, {activation[:40]}.")
    return Hypernetwork(
        name=path.stem,
        networks=_networks(source, path),
        activation=ACTIVATIONS[activation],
        activate_output=_plain(source, "activate_output", True) is not False,
    )


def _networks(source: Source, path: Path) -> dict[int, tuple]:
    found: dict[int, tuple[dict, dict]] = {}
    for name, tensor in source.tensors.items():
        match = _NAME.fullmatch(name)
        if match:
            width, which, old_layer, layer, kind = match.groups()
            number = int(layer) if layer else int(old_layer) - 1
            parts = found.setdefault(int(width), ({}, {}))[int(which)]
            parts.setdefault(number, {})[kind] = finite(tensor, path)
    if not found:
        raise ModelError(f"“{path.name}” is not a hypernetwork.")
    return {
        width: (_layers(keys, width, path), _layers(values, width, path))
        for width, (keys, values) in found.items()
    }


def _layers(parts: dict[int, dict[str, torch.Tensor]], width: int, path: Path) -> tuple[Layer, ...]:
    """The layers in order; each must take what the one before gives, and the last `width`."""
    broken = ModelError(f"“{path.name}” is damaged: its layers of width {width} do not fit.")
    layers, size = [], width
    for _, part in sorted(parts.items()):
        if part.keys() != {"weight", "bias"} or part["weight"].ndim not in (1, 2):
            raise broken
        layer = Layer(part["weight"], part["bias"])
        if layer.weight.shape[-1] != size or layer.bias.shape != layer.weight.shape[:1]:
            raise broken
        size = layer.weight.shape[0]
        layers.append(layer)
    if not layers or size != width:
        raise broken
    return tuple(layers)


def _plain(source: Source, name: str, default: object) -> object:
    try:
        return json.loads(source.texts.get(name, "")) if name in source.texts else default
    except ValueError:
        return source.texts[name]  # a safetensors file's own text, without quotes
