"""Our picture, from words to pixels, against a bare diffusers pipeline's."""

from __future__ import annotations

import torch

from backend.engine.painter import Painter
from backend.request import GenerationRequest
from benchmarks.models import Subject
from benchmarks.ratio import Ratio, Work, compare


def measure(subject: Subject, dtype: torch.dtype, rounds: int) -> list[Ratio]:
    """At the number format the program chose here, and at diffusers' defaults (fp32)."""
    painter = subject.painter(dtype)
    formats: list[tuple[str, torch.dtype, float | None]] = [
        ("our picture / diffusers at the same number format", dtype, 1.0)
    ]
    if dtype != torch.float32:
        formats.append(("our picture / diffusers at its defaults (fp32)", torch.float32, None))
    return [
        compare(
            name,
            subject.name,
            ours(painter, subject.request),
            theirs(subject, other_dtype),
            rounds=rounds,
            dtype=dtype,
            target=target,
        )
        for name, other_dtype, target in formats
    ]


def ours(painter: Painter, request: GenerationRequest) -> Work:
    """The work of painting the request to its end."""
    return lambda: list(painter.paint(request))


def theirs(subject: Subject, dtype: torch.dtype) -> Work:
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
