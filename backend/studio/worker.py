"""The thread that runs jobs, one after another, and survives whatever one of them does."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from dataclasses import dataclass

from backend.errors import AtelierError, InvalidRequest, Stopped
from backend.events import (
    Cancelled,
    Failed,
    Finished,
    ImageSaved,
    Skipped,
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
from backend.studio.painting import Easel, Picture, Record, StepOutcome, Workshop
from backend.studio.queue import FairQueue

log = logging.getLogger(__name__)

UNEXPECTED = (
    "Something unexpected went wrong while painting; the details are in the program's log. "
    "The model is still loaded, so you can try again."
)
GOES_ON = "The program had ended in the middle of this; it goes on from the last step it kept."


class Worker:
    """Runs the queue's jobs with one workshop, in the thread that calls `run`."""

    def __init__(
        self, queue: FairQueue, workshop: Workshop, archive: Archive, record: Record
    ) -> None:
        self._queue = queue
        self._workshop = workshop
        self._archive = archive
        self._record = record
        self.busy = False

    def run(self) -> None:
        """Run jobs until the queue is closed."""
        while (job := self._queue.take()) is not None:
            self.busy = True
            self.run_job(job)
            self.busy = False

    def run_job(self, job: Job) -> None:
        """Run one job to its end event; never raises."""
        self._record.begun(job)
        end = self._end_of(job)
        self._record.ended(job)
        job.publish(end)

    def _end_of(self, job: Job) -> Finished | Cancelled | Failed:
        """Paint the job, and say how it ended."""
        progress = _Progress()
        try:
            return Finished(seconds=self._paint_all(job, progress))
        except Stopped:
            return Cancelled(picture=progress.picture, step=progress.step)
        except AtelierError as error:
            field = error.field if isinstance(error, InvalidRequest) else ""
            return Failed(error=str(error), kind=type(error).__name__, field=field)
        except Exception:
            log.exception("job %s failed", job.job_id)
            return Failed(error=UNEXPECTED)

    def _paint_all(self, job: Job, progress: _Progress) -> float:
        """Make everything ready and paint; returns the seconds that the painting took."""
        request = job.request
        if job.earlier or job.moment:
            job.publish(Waiting(reason=GOES_ON))
        easel = self._workshop.prepare(
            request, lambda text: job.publish(Waiting(reason=text)), job.stop.is_set
        )
        with closing(easel):
            return self._paint_prepared(job, easel, progress)

    def _paint_prepared(self, job: Job, easel: Easel, progress: _Progress) -> float:
        """Paint what is left of the job; returns the seconds it took."""
        request = job.request
        _stop_if_asked(job)
        steps = steps_taken(request)
        job.publish(Started(steps=steps, pictures=request.batch_size))
        for event in job.earlier:
            job.publish(event)
        began = time.monotonic()
        left = _pictures_left(job)
        eta = Eta(steps * len(left))
        for progress.picture in left:
            progress.step = 0
            self._paint_one(job, easel, progress, eta)
        return time.monotonic() - began

    def _paint_one(self, job: Job, easel: Easel, progress: _Progress, eta: Eta) -> None:
        request, index = job.request.for_picture(progress.picture), progress.picture
        steps: list[KeptStep] = []
        for outcome in easel.paint(request, _kept_of(job, index)):
            if isinstance(outcome, Picture):
                self._hand_out(job, self._save(request, outcome, index, steps))
                return
            progress.step = outcome.step
            steps.append(_kept(outcome))
            job.publish(_told(outcome, index, eta))
            _stop_if_asked(job)
            if job.skip.is_set():
                self._skip(job, index, outcome.step)
                eta.leave_out(outcome.total - outcome.step)
                return
            self._record.step_done(job, index, outcome.pack)

    def _hand_out(self, job: Job, saved: ImageSaved) -> None:
        if saved.path:  # else the next start paints it again
            self._record.picture_done(job, saved.picture, saved.path)
        job.publish(saved)
        job.skip.clear()  # what was asked of this picture is not meant for the next

    def _skip(self, job: Job, index: int, step: int) -> None:
        job.skip.clear()
        self._record.picture_done(job, index, None)
        job.publish(Skipped(picture=index, step=step))

    def _save(
        self, request: GenerationRequest, picture: Picture, index: int, steps: list[KeptStep]
    ) -> ImageSaved:
        saved = self._archive.save(
            request, picture.pixels, picture.infotext, steps, picture.depth_map
        )
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


def _told(outcome: StepOutcome, index: int, eta: Eta) -> StepDone:
    return StepDone(
        picture=index,
        step=outcome.step,
        total=outcome.total,
        eta=eta.step_done(),
        sigma=outcome.sigma,
        preview=outcome.preview,
    )


def _pictures_left(job: Job) -> list[int]:
    done = {event.picture for event in job.earlier}
    return [index for index in range(job.request.batch_size) if index not in done]


def _kept_of(job: Job, index: int) -> bytes | None:
    moment = job.moment
    return moment.content if moment and moment.picture == index else None


def _stop_if_asked(job: Job) -> None:
    if job.stop.is_set():
        raise Stopped("The picture was stopped.")
