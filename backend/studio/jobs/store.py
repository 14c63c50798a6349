"""Jobs that are not over, as rows of the database, so that the next start finds them.

The program that serves an outputs folder holds a lock on its queue: a second one on the same folder
paints its own jobs and leaves these alone.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.errors import InvalidRequest, StorageError
from backend.request import GenerationRequest
from backend.request_json import request_from_json, request_to_json
from backend.studio.history.database import Database
from backend.studio.job import Job, KeptMoment
from backend.studio.jobs.folder_lock import FolderLock
from backend.studio.jobs.moments import MomentFiles

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class StoredJob:
    """A job of a former run, in the order in which they are to go on.

    `pictures` are those it was done with, by index: the name of the saved file, or None for one
    that was skipped. `crashes` counts how often the program ended while it was being painted.
    """

    job_id: str
    client: str
    request: GenerationRequest
    crashes: int
    pictures: dict[int, str | None]
    moment: KeptMoment | None


class JobStore:
    """Safe to use from several threads; a job is never lost for want of its row.

    Where the folder cannot be written the jobs are in memory alone, and painted all the same.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._lock = FolderLock(folder)
        self._moments = MomentFiles(folder)
        self._closed = False

    def add(self, job: Job) -> None:
        """Keep a job behind all others."""
        self._write(
            "INSERT INTO jobs (id, client, request, place)"
            " SELECT ?, ?, ?, COALESCE(MAX(place), 0) + 1 FROM jobs",
            job.job_id, job.client, request_to_json(job.request),
        )  # fmt: skip

    def begun(self, job: Job) -> None:
        """A program that ends from here on has ended while this job was being painted."""
        self._write("UPDATE jobs SET begun = 1 WHERE id = ?", job.job_id)

    def step_done(self, job: Job, picture: int, pack: Callable[[], bytes]) -> None:
        """Keep a step where it is time for one; `pack` gives the engine's bytes."""
        if self._keeps:
            self._moments.offer(job.job_id, picture, pack)

    def picture_done(self, job: Job, picture: int, path: Path | None) -> None:
        """A picture of the job is saved at `path`, or skipped."""
        name = f"{path.parent.name}/{path.name}" if path else None
        self._write(
            "UPDATE jobs SET pictures = json_set(pictures, ?, ?) WHERE id = ?",
            f'$."{picture}"', name, job.job_id,
        )  # fmt: skip
        self._forget_moment(job)

    def ended(self, job: Job) -> None:
        """The job is over and need not be known any more."""
        self._write("DELETE FROM jobs WHERE id = ?", job.job_id)
        self._forget_moment(job)

    def reorder(self, jobs: Sequence[Job]) -> None:
        """Give the jobs, which take each other's places, this order among themselves."""
        ids = [job.job_id for job in jobs]
        marks = ", ".join("?" * len(ids))
        if not self._keeps:
            return
        with suppress(StorageError), self._database.write() as connection:
            rows = connection.execute(f"SELECT place FROM jobs WHERE id IN ({marks})", ids)
            places = sorted(row["place"] for row in rows)
            connection.executemany(
                "UPDATE jobs SET place = ? WHERE id = ?", list(zip(places, ids, strict=False))
            )

    def take_over(self) -> list[StoredJob]:
        """What a former run left undone; from now on this program answers for it."""
        if not self._lock.take():
            return []
        try:
            with self._database.write() as connection:
                sql = "SELECT * FROM jobs ORDER BY begun DESC, place"
                rows = connection.execute(sql).fetchall()
                connection.execute("UPDATE jobs SET crashes = crashes + begun, begun = 0")
        except StorageError as error:
            log.warning("What a former run left undone is not known: %s", error)
            return []
        found = [job for job in map(self._stored, rows) if job]
        if not self._database.stands_in:  # else the steps belong to jobs that it does not know
            self._moments.forget_all_but({job.job_id for job in found})
        return found

    def close(self) -> None:
        """The program ends in good order: what is being painted goes on at the next start."""
        self._write("UPDATE jobs SET begun = 0")
        self._closed = True
        self._moments.close()
        self._lock.release()

    @property
    def _keeps(self) -> bool:
        return self._lock.held and not self._closed

    def _forget_moment(self, job: Job) -> None:
        if self._keeps:
            self._moments.forget(job.job_id)

    def _stored(self, row: Any) -> StoredJob | None:
        try:
            request = request_from_json(row["request"])
            pictures = {int(index): name for index, name in json.loads(row["pictures"]).items()}
        except (InvalidRequest, ValueError, AttributeError) as error:
            log.warning("A waiting job cannot be read and is left out: %s", error)
            self._write("DELETE FROM jobs WHERE id = ?", row["id"])
            return None
        return StoredJob(
            job_id=row["id"],
            client=row["client"],
            request=request,
            crashes=row["crashes"] + row["begun"],
            pictures=pictures,
            moment=self._moments.kept(row["id"]),
        )

    def _write(self, statement: str, *values: Any) -> None:
        if not self._keeps:
            return
        try:
            with self._database.write() as connection:
                connection.execute(statement, values)
        except StorageError as error:
            log.warning("The queue is in memory alone for now: %s", error)
