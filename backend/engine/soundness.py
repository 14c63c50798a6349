"""Where the numbers of a picture first went wrong: what is not finite once never is again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

Stage = Literal["text encoding", "picture encoding", "noise predictor", "VAE", "none"]


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """The first stage that gave infinities or no numbers (NaN); `step` is the predictor's, from 1.

    "none" stands for a picture that is black although every number is finite.
    """

    stage: Stage
    step: int = 0


class FirstFault:
    """Looks at each stage of one picture, and keeps the first that went wrong."""

    def __init__(self) -> None:
        self.found: Breakdown | None = None

    def look(self, numbers: torch.Tensor, stage: Stage, step: int = 0) -> None:
        """Note the stage if its numbers are the first that are not all finite."""
        if self.found is None and not is_sound(numbers):
            self.found = Breakdown(stage=stage, step=step)


def is_sound(numbers: torch.Tensor) -> bool:
    """Whether all are finite."""
    return bool(torch.isfinite(numbers).all())
