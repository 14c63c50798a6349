"""The Studio's methods that lead to its jobs; see `views.StudioLike`."""

from __future__ import annotations

from backend.events import Event
from backend.studio.jobs.desk import JobDesk
from backend.studio.views import JobView


class JobDoor:
    """For a Studio that has a `JobDesk`."""

    _desk: JobDesk

    def cancel(self, job_id: str) -> bool:
        return self._desk.cancel(job_id)

    def skip(self, job_id: str) -> bool:
        return self._desk.skip(job_id)

    def move(self, job_id: str, place: int) -> bool:
        return self._desk.move(job_id, place)

    def job(self, job_id: str) -> JobView | None:
        return self._desk.view(job_id)

    def queue(self) -> list[JobView]:
        return self._desk.line()

    def running_job(self) -> str | None:
        return self._desk.running()

    def wait_events(self, job_id: str, since: int, timeout: float) -> list[Event]:
        job = self._desk.get(job_id)
        return job.events_since(since, timeout) if job else []
