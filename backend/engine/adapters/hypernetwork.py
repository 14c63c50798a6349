"""Hypernetworks: small networks before the keys and values of attention, as A1111 has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import torch
from torch import nn
from torch.nn import functional


class Layer(Protocol):
    """A matrix (out, in), or of one dimension a layer norm, with its bias; fp32."""

    @property
    def weight(self) -> torch.Tensor: ...
    @property
    def bias(self) -> torch.Tensor: ...


class Hypernetwork(Protocol):
    """For each width the layers before the keys and before the values.

    `activation` names the class of torch.nn that follows each matrix; the last one only with
    `activate_output`.
    """

    @property
    def networks(self) -> Mapping[int, tuple[Sequence[Layer], Sequence[Layer]]]: ...
    @property
    def activation(self) -> str: ...
    @property
    def activate_output(self) -> bool: ...


@contextmanager
def attached(unet: nn.Module, worn: Iterable[tuple[Hypernetwork, float]]) -> Iterator[None]:
    """Inside a `with`, a noise predictor with hypernetworks at their strengths.

    They stand before the keys and values of every attention whose input has one of their widths,
    one after another in the order given.
    """
    with ExitStack() as hooks:
        for hypernetwork, strength in worn:
            for projection, layers in _places(unet, hypernetwork):
                before = _Before(layers, hypernetwork, strength, projection.weight)
                hooks.callback(projection.register_forward_pre_hook(before).remove)
        yield


def _places(
    unet: nn.Module, hypernetwork: Hypernetwork
) -> Iterator[tuple[nn.Linear, Sequence[Layer]]]:
    for name, module in unet.named_modules():
        which = {"to_k": 0, "to_v": 1}.get(name.rpartition(".")[2])
        if which is None or not isinstance(module, nn.Linear):
            continue
        if module.in_features in hypernetwork.networks:
            yield module, hypernetwork.networks[module.in_features][which]


class _Before:
    """The hook itself: the input of a projection, and strength times the small network's answer."""

    def __init__(
        self, layers: Sequence[Layer], owner: Hypernetwork, strength: float, like: torch.Tensor
    ) -> None:
        self._layers = [
            (layer.weight.to(like.device, like.dtype), layer.bias.to(like.device, like.dtype))
            for layer in layers
        ]
        self._activation: nn.Module = getattr(nn, owner.activation)()
        self._activate_output = owner.activate_output
        self._strength = strength

    def __call__(self, module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        context, *rest = inputs
        return (context + self._strength * self._answer(context), *rest)

    def _answer(self, context: torch.Tensor) -> torch.Tensor:
        matrices = sum(weight.ndim == 2 for weight, _ in self._layers)
        for weight, bias in self._layers:
            if weight.ndim == 1:
                context = functional.layer_norm(context, weight.shape, weight, bias)
                continue
            matrices -= 1
            context = functional.linear(context, weight, bias)
            if matrices or self._activate_output:
                context = self._activation(context)
        return context
