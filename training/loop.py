"""The one training loop of the family's smaller parts: minutes, lanes, average, checkpoint.

A part brings a module, a way to draw examples and a loss; all else is the same for each. (The base
noise predictor has a run of its own in `unet`, for it changes the size of its pictures on the way.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .budget import Budget
from .lanes import Lanes
from .paths import RUNS
from .weights import Average, cosine, load_checkpoint, save_checkpoint

# From a random generator and a count to that many examples, as tensors that the loss takes.
Draw = Callable[[np.random.Generator, int], tuple[Tensor, ...]]
LossOf = Callable[..., Tensor]
_TOLD, _SAVED = 50, 400  # steps between two lines of progress and between two checkpoints


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a part is trained; `name` is that of its checkpoint in training/runs."""

    name: str
    minutes: float
    batch: int
    # the highest learning rate; it follows a cosine over the minutes
    peak: float
    decay: float = 0.995
    weight_decay: float = 0.01


def checkpoint(name: str) -> Path:
    """Where the training of this name is kept."""
    return RUNS / f"{name}.pt"


class Training:
    """A module in training, resumed from its checkpoint where there is one.

    Only parameters that want a gradient are trained, averaged and kept in the checkpoint.
    """

    def __init__(self, module: nn.Module, plan: Plan) -> None:
        torch.manual_seed(0)
        self.module, self.plan = module, plan
        self.learnt = [p for p in module.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.learnt, plan.peak, betas=(0.9, 0.99), weight_decay=plan.weight_decay, fused=True
        )
        self.average, self.step = Average(_Learnt(module), plan.decay), 0
        state = load_checkpoint(checkpoint(plan.name))
        if state:
            self._resume(state)
        self.lanes = Lanes(module)
        self.budget = Budget(plan.minutes, state["spent"] if state else 0)

    def run(self, draw: Draw, loss_of: LossOf) -> nn.Module:
        """Train until the minutes are used up; returns the module with the averaged weights.

        `draw` is called in each lane for its share of a batch, and `loss_of(module, *examples)`
        gives the mean loss of those.
        """
        device = self.learnt[0].device

        def loss(module: nn.Module, seed: int) -> Tensor:
            # Drawn in the lane, so that no core waits for another's examples.
            examples = draw(np.random.default_rng(seed), self.plan.batch // self.lanes.count)
            return loss_of(module, *(each.to(device, non_blocking=True) for each in examples))

        torch.manual_seed(self.step)
        recent = 0.0
        while not self.budget.over:
            loss_now = self._learn(loss)
            recent = loss_now if recent == 0 else 0.96 * recent + 0.04 * loss_now
            if self.step % _TOLD == 0:
                print(self.budget.line(self.step, loss=recent), flush=True)
            if self.step % _SAVED == 0 or self.budget.over:
                self._save()
        self.module.load_state_dict(self.average.weights, strict=False)
        return self.module.eval()

    def _learn(self, loss: LossOf) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = cosine(self.plan.peak, self.budget.share)
        seeds = [(self.step * self.lanes.count + lane,) for lane in range(self.lanes.count)]
        self.optimizer.zero_grad()
        value = self.lanes.backward(loss, seeds)
        torch.nn.utils.clip_grad_norm_(self.learnt, 1.0)
        self.optimizer.step()
        self.average.update(_Learnt(self.module))
        self.step += 1
        return value

    def _save(self) -> None:
        save_checkpoint(
            checkpoint(self.plan.name),
            model=_Learnt(self.module).state_dict(),
            optimizer=self.optimizer.state_dict(),
            average=self.average.weights,
            step=self.step,
            spent=self.budget.spent,
        )

    def _resume(self, state: dict[str, Any]) -> None:
        self.module.load_state_dict(state["model"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        for group in self.optimizer.param_groups:
            group["fused"] = True
        self.average.weights = {k: v.to(self.learnt[0].device) for k, v in state["average"].items()}
        self.average.steps = self.step = state["step"]


class _Learnt(nn.Module):
    """A module's trained parameters alone, under their own names, as `Average` reads a module."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self._learnt = {n: p for n, p in module.named_parameters() if p.requires_grad}

    def state_dict(self, *_: Any, **__: Any) -> dict[str, Any]:
        """The parameters that want a gradient, by name."""
        return {name: parameter.detach() for name, parameter in self._learnt.items()}
