"""Moving averages, checkpoints that survive an interruption, and the CPU's settings."""

import os
from collections.abc import Callable
from copy import deepcopy
from math import cos, pi
from pathlib import Path
from typing import Any

import torch
from diffusers import ConfigMixin
from torch import nn


class Average:
    """An exponential moving average of a module's weights, warmed up over the first steps."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.weights = {k: v.detach().clone().float() for k, v in module.state_dict().items()}

    def update(self, module: nn.Module) -> None:
        """Move the average toward the module's present weights."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        state = module.state_dict()
        with torch.no_grad():
            names = [k for k in self.weights if state[k].is_floating_point()]
            torch._foreach_lerp_(
                [self.weights[k] for k in names], [state[k].float() for k in names], 1 - decay
            )


def save_checkpoint(path: Path, **state: Any) -> None:
    """Write a checkpoint whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """The checkpoint, or None where training has not begun."""
    return torch.load(path, weights_only=True) if path.exists() else None


def cosine(peak: float, share: float, floor: float = 0.02, warmup: float = 0.02) -> float:
    """The learning rate at this share (0..1) of a run: a short rise, then half a cosine down."""
    if share < warmup:
        return peak * max(share / warmup, 0.01)
    return peak * (floor + (1 - floor) * 0.5 * (1 + cos(pi * (share - warmup) / (1 - warmup))))


def device_for_training() -> torch.device:
    """CUDA where there is one, else the CPU with denormal numbers flushed, which are slow."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    torch.set_flush_denormal(True)
    return torch.device("cpu")


def export_half(module: nn.Module, average: Average, save: Callable[[Any], None]) -> None:
    """Call `save` with a copy of the module that holds the averaged weights in half precision.

    A copy, because a change of precision would part the module from those that share its weights.
    """
    copy = deepcopy(module)
    copy.load_state_dict(average.weights)
    if isinstance(copy, ConfigMixin):
        # Where on this machine it was read from is nothing to ship.
        copy.register_to_config(_name_or_path="")
    save(copy.half())
