"""The thread that runs jobs, one after another, and survives whatever one of them does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from backend.errors import AtelierError, Stopped
from backend.events import (
    Cancelled,
    Diagnosis,
    Failed,
    Finished,
    ImageSaved,
    Started,
    StepDone,
    Waiting,
)
from backend.geometry import steps_taken
from backend.request import GenerationRequest
from backend.studio.eta import Eta
from backend.studio.history.archive import Archive
from backend.studio.history.step_files import KeptStep
from backend.studio.job import Job
from backend.studio.queue import FairQueue

log = logging.getLogger(__name__)

UNEXPECTED = (
    "Something unexpected went wrong while painting; the details are in the program's log. "
    "The model is still loaded, so you can try again."
)


@dataclass(frozen=True, kw_only=True)
class StepOutcome:
    """A step of one picture; see `events.StepDone`.

    `latent` is the predicted clean latent as float16, (4, height / 8, width / 8), to be kept with
    the picture.
    """

    step: int
    total: int
    sigma: float
    preview: bytes | None
    latent: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A finished picture: uint8 RGB of shape (height, width, 3), its infotext, a note or "".

    `diagnosis` says why it is black, where it is.
    """

    pixels: np.ndarray
    infotext: str
    note: str = ""
    diagnosis: Diagnosis | None = None


class Easel(Protocol):
    """A model made ready for one request."""

    def paint(self, request: GenerationRequest) -> Iterator[StepOutcome | Picture]:
        """Paint one picture: its steps in order, then the picture.

        Nothing is computed beyond the value last taken: closing the iterator stops the painting.
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


class Worker:
    """Runs the queue's jobs with one workshop, in the thread that calls `run`."""

    def __init__(self, queue: FairQueue, workshop: Workshop, archive: Archive) -> None:
        self._queue = queue
        self._workshop = workshop
        self._archive = archive
        self.busy = False

    def run(self) -> None:
        """Run jobs until the queue is closed."""
        while (job := self._queue.take()) is not None:
            self.busy = True
            self.run_job(job)
            self.busy = False

    def run_job(self, job: Job) -> None:
        """Run one job to its end event; never raises."""
        progress = _Progress()
        try:
            self._paint_all(job, progress)
        except Stopped:
            job.publish(Cancelled(picture=progress.picture, step=progress.step))
        except AtelierError as error:
            job.publish(Failed(error=str(error)))
        except Exception:
            log.exception("job %s failed", job.job_id)
            job.publish(Failed(error=UNEXPECTED))

    def _paint_all(self, job: Job, progress: _Progress) -> None:
        request = job.request
        easel = self._workshop.prepare(
            request, lambda text: job.publish(Waiting(reason=text)), job.stop.is_set
        )
        with closing(easel):
            self._paint_prepared(job, easel, progress)

    def _paint_prepared(self, job: Job, easel: Easel, progress: _Progress) -> None:
        request = job.request
        _stop_if_asked(job)
        steps = steps_taken(request)
        job.publish(Started(steps=steps, pictures=request.batch_size))
        began = time.monotonic()
        eta = Eta(steps * request.batch_size)
        for progress.picture in range(request.batch_size):
            progress.step = 0
            self._paint_one(job, easel, progress, eta)
        job.publish(Finished(seconds=time.monotonic() - began))

    def _paint_one(self, job: Job, easel: Easel, progress: _Progress, eta: Eta) -> None:
        request = job.request.for_picture(progress.picture)
        steps: list[KeptStep] = []
        for outcome in easel.paint(request):
            if isinstance(outcome, Picture):
                job.publish(self._save(request, outcome, progress.picture, steps))
                continue
            progress.step = outcome.step
            steps.append(_kept(outcome))
            job.publish(
                StepDone(
                    picture=progress.picture,
                    step=outcome.step,
                    total=outcome.total,
                    eta=eta.step_done(),
                    sigma=outcome.sigma,
                    preview=outcome.preview,
                )
            )
            _stop_if_asked(job)

    def _save(
        self, request: GenerationRequest, picture: Picture, index: int, steps: list[KeptStep]
    ) -> ImageSaved:
        saved = self._archive.save(request, picture.pixels, picture.infotext, steps)
        height, width = picture.pixels.shape[:2]
        return ImageSaved(
            picture=index,
            path=saved.path,
            seed=request.seed,
            infotext=picture.infotext,
            width=width,
            height=height,
            note=f"{picture.note} {saved.note}".strip(),
            diagnosis=picture.diagnosis,
            png=saved.png,
        )


def _kept(step: StepOutcome) -> KeptStep:
    return KeptStep(sigma=step.sigma, preview=step.preview, latent=step.latent)


@dataclass
class _Progress:
    """Where a job is, for the event that says where it was stopped."""

    picture: int = 0
    step: int = 0


def _stop_if_asked(job: Job) -> None:
    if job.stop.is_set():
        raise Stopped("The picture was stopped.")
