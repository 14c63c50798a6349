"""Our picture, from words to pixels: against a bare diffusers pipeline's, and with previews."""

from __future__ import annotations

from dataclasses import replace

import torch

from backend.engine.painter import Painter
from backend.request import GenerationRequest
from benchmarks.models import Subject
from benchmarks.ratio import Pair, Ratio, Work, compare_all

PLAIN, SAME_FORMAT, DEFAULTS = "ours", "diffusers at our format", "diffusers at its defaults"
PREVIEWS = {"Fitted linear": 1.02, "Auto": 1.06}  # the share of a step that each may add


def measure(subject: Subject, dtype: torch.dtype, rounds: int) -> list[Ratio]:
    """Against diffusers at the number format the program chose here and at its own (fp32); with a
    preview at every step by the fitted map, which has to be nearly free, and by "Auto"."""
    painter = subject.painter(dtype)
    works = {
        PLAIN: ours(painter, subject.request),
        SAME_FORMAT: theirs(subject, dtype),
        **{method: ours(painter, replace(subject.request, preview=method)) for method in PREVIEWS},
    }
    pairs = [Pair(name="our picture / diffusers at the same number format", ours=PLAIN,
                  other=SAME_FORMAT, target=1.0)]  # fmt: skip
    if dtype != torch.float32:
        works[DEFAULTS] = theirs(subject, torch.float32)
        name = "our picture / diffusers at its defaults (fp32)"
        pairs.append(Pair(name=name, ours=PLAIN, other=DEFAULTS))
    pairs += [
        Pair(name=f"previews at every step ({method}) / off", ours=method, other=PLAIN, target=most)
        for method, most in PREVIEWS.items()
    ]
    return compare_all(subject.name, works, pairs, rounds=rounds, dtype=dtype)


def ours(painter: Painter, request: GenerationRequest) -> Work:
    """The work of painting the request to its end."""
    return lambda: list(painter.paint(request))


def theirs(subject: Subject, dtype: torch.dtype) -> Work:
    """The same picture by a bare pipeline."""
    pipeline, request = subject.pipeline(dtype), subject.request
    return lambda: pipeline(
        request.prompt,
        negative_prompt=request.negative_prompt,
        width=request.width,
        height=request.height,
        num_inference_steps=request.steps,
        guidance_scale=request.cfg_scale,
        generator=torch.Generator("cpu").manual_seed(request.seed),
        output_type="np",
    )
