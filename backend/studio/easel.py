"""A model made ready for one request: it paints the request's pictures one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import torch

from backend.engine.inputs import Inputs
from backend.engine.painter import Painter
from backend.engine.soundness import Breakdown
from backend.events import Diagnosis
from backend.request import GenerationRequest
from backend.studio.adapters import Outfit
from backend.studio.worker import Picture, StepOutcome


@dataclass(frozen=True, kw_only=True)
class EngineEasel:
    """A painter whose model wears what the request names, with the pixels it starts from.

    `describe` gives the infotext of a picture, `explain` says why one is black, and `worn` takes
    everything off.
    """

    painter: Painter
    inputs: Inputs | None
    outfit: Outfit
    describe: Callable[[GenerationRequest], str]
    explain: Callable[[Breakdown], Diagnosis]
    worn: ExitStack

    def paint(self, request: GenerationRequest) -> Iterator[StepOutcome | Picture]:
        """See `worker.Easel`."""
        painted = yield from self._steps(request)
        note = " ".join(filter(None, [painted.note, *self.outfit.problems]))
        yield Picture(
            pixels=painted.picture,
            infotext=self.describe(request),
            note=note,
            diagnosis=self.explain(painted.broken) if painted.broken else None,
        )

    def close(self) -> None:
        """Take the adapters off: the model is bit for bit as it was."""
        self.worn.close()

    def _steps(self, request: GenerationRequest):
        steps = self.painter.paint(request, self.inputs, words=self.outfit.words)
        while True:
            try:
                step = next(steps)
            except StopIteration as finished:
                return finished.value
            yield StepOutcome(
                step=step.step,
                total=step.total,
                sigma=step.sigma,
                preview=step.preview,
                latent=step.clean[0].to("cpu", torch.float16).numpy(),
            )
