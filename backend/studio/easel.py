"""A model made ready for one request: it paints the request's pictures one after another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import torch

from backend.engine.conditioning import texts_read
from backend.engine.inputs import Inputs
from backend.engine.moment import Moment, pack, unpack
from backend.engine.painter import Painter
from backend.engine.prompt import chunks
from backend.engine.soundness import Breakdown
from backend.events import Diagnosis
from backend.request import GenerationRequest
from backend.studio.adapters import Outfit
from backend.studio.painting import Picture, StepOutcome

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class EngineEasel:
    """A painter whose model wears what the request names, with the pixels it starts from.

    `depth_map` is the hash of the kept picture of an estimated one, or "". `describe` gives the
    infotext of a picture, `explain` says why one is black, and `worn` takes everything off.
    """

    painter: Painter
    inputs: Inputs | None
    depth_map: str
    outfit: Outfit
    describe: Callable[[GenerationRequest], str]
    explain: Callable[[Breakdown], Diagnosis]
    worn: ExitStack

    def paint(
        self, request: GenerationRequest, kept: bytes | None = None
    ) -> Iterator[StepOutcome | Picture]:
        """See `painting.Easel`."""
        self._find_words(request)
        # The infotext stands for the picture: it has the request, and the hash of every file.
        mark = self.describe(request)
        painted = yield from self._steps(request, self._moment(kept, mark) if kept else None, mark)
        note = " ".join(filter(None, [painted.note, *self.outfit.problems]))
        yield Picture(
            pixels=painted.picture,
            infotext=mark,
            note=note,
            depth_map=self.depth_map,
            diagnosis=self.explain(painted.broken) if painted.broken else None,
        )

    def close(self) -> None:
        """Take the adapters off: the model is bit for bit as it was."""
        self.worn.close()

    def _find_words(self, request: GenerationRequest) -> None:
        """Before the first step: the mark must be the same for every picture and after a restart.

        Words are otherwise found as the texts are read.
        """
        for text in texts_read(request):
            chunks(text, self.painter.components.tokenizer, self.outfit.words)

    def _moment(self, kept: bytes, mark: str) -> Moment | None:
        """Where to go on; None, from the beginning, where pixels would not come out the same."""
        components = self.painter.components
        try:
            return unpack(kept, mark, components.device, components.dtype)
        except ValueError as error:
            log.warning("The broken off picture is painted from its beginning: %s", error)
            return None

    def _steps(self, request: GenerationRequest, resumed: Moment | None, mark: str):
        steps = self.painter.paint(request, self.inputs, resumed, words=self.outfit.words)
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
                pack=partial(pack, step.moment, mark),
            )
