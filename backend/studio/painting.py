"""What the worker needs of others: models made ready to paint, and a record of what is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from backend.events import Diagnosis
from backend.request import GenerationRequest
from backend.studio.job import Job


@dataclass(frozen=True, kw_only=True)
class StepOutcome:
    """A step of one picture; see `events.StepDone`.

    `latent` is the predicted clean latent as float16, (4, height / 8, width / 8), to be kept with
    the picture. `pack` gives what `Easel.paint` goes on from; it is to be called before the next
    step is taken.
    """

    step: int
    total: int
    sigma: float
    preview: bytes | None
    pack: Callable[[], bytes]
    latent: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A finished picture: uint8 RGB of shape (height, width, 3), its infotext, a note or "".

    `diagnosis` says why it is black, where it is. `depth_map` is the hash of the kept picture of an
    estimated one, or "".
    """

    pixels: np.ndarray
    infotext: str
    note: str = ""
    diagnosis: Diagnosis | None = None
    depth_map: str = ""


class Easel(Protocol):
    """A model made ready for one request."""

    def paint(
        self, request: GenerationRequest, kept: bytes | None = None
    ) -> Iterator[StepOutcome | Picture]:
        """Paint one picture: its steps in order, then the picture.

        `kept` is a step of this picture that was packed before, from which it goes on; the picture
        is the same. What cannot be gone on from is begun anew. Nothing is computed beyond the value
        last taken: closing the iterator stops the painting.
        """
        ...

    def close(self) -> None:
        """Leave the model as it was before; called once, however the job ends."""
        ...


class Workshop(Protocol):
    """Makes models ready; the worker's only way to the engine."""

    def prepare(
        self,
        request: GenerationRequest,
        report: Callable[[str], None],
        stopped: Callable[[], bool],
    ) -> Easel:
        """Load what the request needs, reporting in sentences what takes time.

        Raises `Stopped` soon after `stopped()` has become true.
        """
        ...


class Record(Protocol):
    """Keeps what it takes to go on with a job after the program has ended; never raises."""

    def begun(self, job: Job) -> None: ...

    def step_done(self, job: Job, picture: int, pack: Callable[[], bytes]) -> None: ...

    def picture_done(self, job: Job, picture: int, path: Path | None) -> None: ...

    def ended(self, job: Job) -> None: ...
