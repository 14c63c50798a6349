"""A picture with a preview at every step against the same without."""

from __future__ import annotations

from dataclasses import replace

import torch

from benchmarks.against_diffusers import ours
from benchmarks.models import Subject
from benchmarks.ratio import Ratio, compare


def measure(subject: Subject, dtype: torch.dtype, rounds: int) -> list[Ratio]:
    """The fitted linear map, which has to be nearly free, and "Auto", which may cost 5 %."""
    painter = subject.painter(dtype)
    return [
        compare(
            f"previews at every step ({method}) / off",
            subject.name,
            ours(painter, replace(subject.request, preview=method)),
            ours(painter, replace(subject.request, preview="Off")),
            rounds=rounds,
            dtype=dtype,
            target=target,
        )
        for method, target in (("Fitted linear", 1.02), ("Auto", 1.06))
    ]
