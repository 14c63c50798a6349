"""One request, painted by us and by a bare diffusers pipeline."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import StableDiffusionPipeline

from backend.engine.painter import Painted, Painter, PaintStep
from backend.request import GenerationRequest

TOLERANCE = 1e-4


def finish(painting: Generator[PaintStep, None, Painted]) -> Painted:
    """Run a painting to its end."""
    while True:
        try:
            next(painting)
        except StopIteration as end:
            return end.value


@dataclass(frozen=True)
class Comparison:
    """Both sides, with the same weights."""

    painter: Painter
    pipe: StableDiffusionPipeline

    def ours(self, request: GenerationRequest) -> torch.Tensor:
        """The finished latent, (1, 4, height / 8, width / 8)."""
        return finish(self.painter.paint(request)).latent

    def theirs(
        self, request: GenerationRequest, scheduler: type, settings: dict[str, Any], **call: Any
    ) -> torch.Tensor:
        """The same by diffusers: a scheduler class, its settings, and arguments of the call."""
        config = dict(self.painter.components.scheduler_config)
        prediction = self.painter.components.prediction
        self.pipe.scheduler = scheduler.from_config(config, prediction_type=prediction, **settings)
        arguments = {
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt,
            "guidance_scale": request.cfg_scale,
            **call,
        }
        return self.pipe(
            height=request.height,
            width=request.width,
            num_inference_steps=request.steps,
            generator=torch.Generator("cpu").manual_seed(request.seed),
            output_type="latent",
            **arguments,
        ).images

    def difference(
        self, request: GenerationRequest, scheduler: type, settings: dict[str, Any], **call: Any
    ) -> float:
        """The largest difference between the two latents, as `largest_difference` has it."""
        return largest_difference(
            self.ours(request), self.theirs(request, scheduler, settings, **call)
        )


def largest_difference(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """In units of the latent's deviation where that is above 1.

    It is about 1 for a trained model, which makes this the plain difference; random weights leave
    most of the starting noise in the latent, ten times larger, and fp32 rounds it accordingly.
    """
    return ((ours - theirs).abs().max() / max(1.0, theirs.std().item())).item()
