"""LoRAs merged into a network's weights (Hu et al. 2021, arXiv:2106.09685)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import nn


class LowRank(Protocol):
    """A change of one weight: `scale * up @ down`.

    `down` is fp32 of shape (rank, in, ...) and `up` (out, rank, ...); `mid` (rank, rank, height,
    width) lies between them in some convolutions, else None.
    """

    @property
    def down(self) -> torch.Tensor: ...
    @property
    def up(self) -> torch.Tensor: ...
    @property
    def scale(self) -> float: ...
    @property
    def mid(self) -> torch.Tensor | None: ...


Layers = Mapping[str, LowRank]


def weight_shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    """The shapes of all matrices and kernels by module name, in the order of `named_modules()`."""
    return {
        name.removesuffix(".weight"): tuple(parameter.shape)
        for name, parameter in network.named_parameters()
        if name.endswith(".weight") and parameter.ndim > 1
    }


@contextmanager
def merged(network: nn.Module, loras: Iterable[tuple[Layers, float]]) -> Iterator[None]:
    """Inside a `with`, a network with LoRAs at their strengths; afterwards exactly as before.

    Each LoRA is its layers by module name. Sums are computed in fp32 and rounded once. The changed
    weights take memory beside the originals. Raises `KeyError` for a module that is not there.
    """
    originals: dict[nn.Parameter, torch.Tensor] = {}
    try:
        for name, changes in _by_module(loras).items():
            weight = network.get_parameter(f"{name}.weight")
            originals[weight] = weight.data
            weight.data = _changed(weight.data, changes)
        yield
    finally:
        for weight, original in originals.items():
            weight.data = original


def _by_module(loras: Iterable[tuple[Layers, float]]) -> dict[str, list[tuple[LowRank, float]]]:
    found: dict[str, list[tuple[LowRank, float]]] = {}
    for layers, strength in loras:
        for name, layer in layers.items():
            found.setdefault(name, []).append((layer, strength))
    return found


def _changed(weight: torch.Tensor, changes: list[tuple[LowRank, float]]) -> torch.Tensor:
    """A new tensor in the weight's number format and memory layout."""
    total = weight.to(torch.float32, copy=True)
    for layer, strength in changes:
        total += (strength * layer.scale * product(layer)).to(weight.device).reshape(weight.shape)
    return torch.empty_like(weight).copy_(total)


def product(layer: LowRank) -> torch.Tensor:
    """`up @ down` in fp32, of the weight's shape but for sides of 1."""
    up = layer.up.flatten(1)
    if layer.mid is not None:
        return torch.einsum("oa,abhw,bi->oihw", up, layer.mid, layer.down.flatten(1))
    return torch.einsum("or,r...->o...", up, layer.down)
