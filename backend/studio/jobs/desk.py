"""All jobs the Studio knows: those that wait, the one that is painted, the last that are over."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from backend.errors import InvalidRequest
from backend.events import Cancelled, Failed, ImageSaved, Skipped
from backend.request import GenerationRequest
from backend.studio.job import Job
from backend.studio.jobs.earlier import earlier_picture
from backend.studio.jobs.store import JobStore, StoredJob
from backend.studio.queue import FairQueue
from backend.studio.views import JobView

MAX_WAITING = 200  # jobs in the queue; more is a mistake or an attack
KEPT_JOBS = 40  # finished jobs whose events can still be watched
MAX_CRASHES = 2
CRASHED = (
    "The program ended twice while this picture was being painted, so it is not tried again by "
    "itself; try a smaller size or another model."
)


class JobDesk:
    """Takes jobs in and answers for them; safe to use from several threads."""

    def __init__(self, store: JobStore, picture_file: Callable[[str], Path | None]) -> None:
        self.queue = FairQueue()
        self.store = store
        self._picture_file = picture_file
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def take_over(self) -> None:
        """Go on with what a former run of the program left undone."""
        for stored in self.store.take_over():
            job = self._revived(stored)
            with self._lock:
                self._jobs[job.job_id] = job
            if stored.crashes < MAX_CRASHES:
                self.queue.add(job)
            else:
                self._fail_crashed(job)

    def submit(self, request: GenerationRequest, client: str) -> Job:
        """Queue a request that is complete; raises `InvalidRequest` where the queue is full."""
        job = Job(secrets.token_hex(8), client, request)
        with self._lock:
            if len(self.queue) >= MAX_WAITING:
                raise InvalidRequest("batch_size", "The queue is full; wait for some pictures.")
            self._jobs[job.job_id] = job
            self._forget_old_jobs()
        self.store.add(job)
        self.queue.add(job)
        return job

    def cancel(self, job_id: str) -> bool:
        """See `views.StudioLike`."""
        job = self._jobs.get(job_id)
        if job is None or job.over:
            return False
        job.stop.set()
        self.store.ended(job)  # at once, or a crash before the next step would bring it back
        if self.queue.remove(job):
            job.publish(Cancelled(picture=0, step=0))
        return True

    def skip(self, job_id: str) -> bool:
        """See `views.StudioLike`."""
        job = self._jobs.get(job_id)
        if job is None or job.state != "running":
            return False
        job.skip.set()
        return True

    def move(self, job_id: str, place: int) -> bool:
        """See `views.StudioLike`."""
        job = self._jobs.get(job_id)
        line = self.queue.move(job, place) if job else []
        self.store.reorder(line)
        return bool(line)

    def fail(self, job: Job, sentence: str) -> None:
        """End a waiting job with an error, for good."""
        if self.queue.remove(job):
            self.store.ended(job)
            job.publish(Failed(error=sentence))

    def put_off(self, sentence: str) -> None:
        """Tell all waiting jobs why nothing is painted; they are tried again at the next start."""
        for job in self.queue.order():
            if self.queue.remove(job):
                job.publish(Failed(error=sentence))

    def close(self) -> None:
        """Stop after the step in progress; all that is undone goes on at the next start."""
        self.store.close()
        self.queue.close()
        for job in list(self._jobs.values()):
            job.stop.set()

    def get(self, job_id: str) -> Job | None:
        """The job of that id, or None."""
        return self._jobs.get(job_id)

    def view(self, job_id: str) -> JobView | None:
        """See `views.StudioLike.job`."""
        job = self._jobs.get(job_id)
        return self._view(job) if job else None

    def line(self) -> list[JobView]:
        """See `views.StudioLike.queue`."""
        running = [job for job in list(self._jobs.values()) if job.state == "running"]
        return [self._view(job) for job in (*running, *self.queue.order())]

    def running(self) -> str | None:
        """See `views.StudioLike.running_job`."""
        jobs = list(self._jobs.values())
        return next((job.job_id for job in jobs if job.state == "running"), None)

    def _view(self, job: Job) -> JobView:
        return JobView(
            job_id=job.job_id,
            client=job.client,
            state=job.state,
            position=self.queue.position(job),
            request=job.request,
            share=job.share,
        )

    def _revived(self, stored: StoredJob) -> Job:
        earlier = (self._earlier(stored, index) for index in sorted(stored.pictures))
        return Job(
            stored.job_id,
            stored.client,
            stored.request,
            earlier=tuple(event for event in earlier if event),
            moment=stored.moment,
        )

    def _earlier(self, stored: StoredJob, index: int) -> ImageSaved | Skipped | None:
        name = stored.pictures[index]
        if name is None:
            return Skipped(picture=index, step=0)
        path = self._picture_file(name)
        seed = stored.request.for_picture(index).seed
        return earlier_picture(path, index, seed) if path else None

    def _fail_crashed(self, job: Job) -> None:
        for event in job.earlier:
            job.publish(event)
        self.store.ended(job)
        job.publish(Failed(error=CRASHED))

    def _forget_old_jobs(self) -> None:
        over = [job_id for job_id, job in self._jobs.items() if job.over]
        for job_id in over[: max(0, len(over) - KEPT_JOBS)]:
            del self._jobs[job_id]
