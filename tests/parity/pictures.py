"""A picture, a mask and a depth map, and one request painted from them on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from backend.engine.inputs import Inputs
from backend.engine.painter import Painter
from backend.request import GenerationRequest
from backend.tasks import PictureRef
from tests.parity.comparison import finish, largest_difference

WIDTH, HEIGHT = 96, 64
REF = PictureRef(sha256="0" * 64, width=WIDTH, height=HEIGHT)


def some_inputs() -> Inputs:
    """Soft colours, a disc that does not fit the latent's cells, and a slope."""
    source = np.random.default_rng(3)
    coarse = Image.fromarray(source.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    picture = np.array(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    disc = (across - 51) ** 2 + (down - 30) ** 2 < 19**2
    return Inputs(
        picture=picture,
        mask=np.where(disc, 255, 0).astype(np.uint8),
        depth=(0.3 * down + across + 9 * disc).astype(np.float32),
    )


@dataclass(frozen=True)
class PictureComparison:
    """Our painter and a diffusers pipeline of one task, on the same weights."""

    painter: Painter
    pipe: Any

    def ours(self, request: GenerationRequest) -> torch.Tensor:
        """The finished latent, (1, 4, height / 8, width / 8)."""
        return finish(self.painter.paint(request, some_inputs())).latent

    def theirs(
        self, request: GenerationRequest, scheduler: type, settings: dict[str, Any], **call: Any
    ) -> torch.Tensor:
        """The same by diffusers; `call` is what its pipeline takes beside the picture."""
        components = self.painter.components
        self.pipe.scheduler = scheduler.from_config(
            dict(components.scheduler_config), prediction_type=components.prediction, **settings
        )
        return self.pipe(
            prompt=request.prompt,
            negative_prompt=request.negative_prompt,
            guidance_scale=request.cfg_scale,
            image=Image.fromarray(some_inputs().picture),
            strength=request.task.strength,  # type: ignore[union-attr]
            num_inference_steps=request.steps,
            generator=torch.Generator("cpu").manual_seed(request.seed),
            output_type="latent",
            **call,
        ).images

    def difference(
        self, request: GenerationRequest, scheduler: type, settings: dict[str, Any], **call: Any
    ) -> float:
        """The largest difference between the two latents, as `largest_difference` has it."""
        return largest_difference(
            self.ours(request), self.theirs(request, scheduler, settings, **call)
        )
