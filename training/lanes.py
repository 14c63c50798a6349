"""Gradients of one batch from several threads, each with a part of its own."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn


class Lanes:
    """Copies of a module that share its weights but not its gradients, a thread for each.

    On a CPU that others use as well, operations split over cores wait for the slower core a
    thousand times a step; lanes wait for each other once. On CUDA one lane is enough.
    """

    def __init__(self, module: nn.Module) -> None:
        device = next(module.parameters()).device
        self.count = lanes_on(device)
        self._modules = [module, *(_sharing(module) for _ in range(self.count - 1))]
        self._pool = thread_pool(device)

    def backward(self, loss_of: Callable[..., Tensor], parts: Sequence[tuple[Any, ...]]) -> float:
        """Leave in the module the gradient of the mean loss over the parts, one for each lane.

        `loss_of(module, *part)` gives a part's loss; the mean of them is returned.
        """
        jobs = [
            self._pool.submit(_backward, loss_of, module, part, len(parts))
            for module, part in zip(self._modules, parts, strict=True)
        ]
        total = sum(job.result() for job in jobs)
        for other in self._modules[1:]:
            torch._foreach_add_(_gradients(self._modules[0]), _gradients(other))
            other.zero_grad()
        return total


def _gradients(module: nn.Module) -> list[Tensor]:
    return [p.grad for p in module.parameters() if p.grad is not None]


def lanes_on(device: torch.device) -> int:
    """How many threads work side by side: one for each CPU core, one for a GPU."""
    return (os.cpu_count() or 1) if device.type == "cpu" else 1


def thread_pool(device: torch.device) -> ThreadPoolExecutor:
    """Threads that each compute on one core, with denormal numbers flushed."""
    if device.type == "cpu":
        torch.set_num_threads(1)
    return ThreadPoolExecutor(lanes_on(device), initializer=_prepare_thread)


def _sharing(module: nn.Module) -> nn.Module:
    copy = deepcopy(module)
    for mine, theirs in zip(copy.parameters(), module.parameters(), strict=True):
        mine.data = theirs.data
    return copy


def _prepare_thread() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def _backward(loss_of: Callable[..., Tensor], module: nn.Module, part: tuple, parts: int) -> float:
    loss = loss_of(module, *part) / parts
    loss.backward()
    return loss.item()
