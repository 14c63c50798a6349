"""The queue of waiting jobs, fair between browsers.

Each client's own jobs stay in order; clients take turns. So one browser with twenty pictures
waiting delays another's first picture by one, not by twenty.
"""

from __future__ import annotations

import threading
from collections import deque

from backend.events import Queued
from backend.studio.job import Job


class FairQueue:
    """Safe to use from several threads; `take` blocks."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Job]] = {}  # client -> its jobs; clients in order of turn
        self._changed = threading.Condition()
        self._closed = False

    def add(self, job: Job) -> None:
        """Queue a job behind its client's others and tell everyone their place."""
        with self._changed:
            self._lines.setdefault(job.client, deque()).append(job)
            self._announce()
            self._changed.notify()

    def take(self) -> Job | None:
        """The next job, waiting for one; None once the queue is closed."""
        with self._changed:
            while not self._lines and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            client = next(iter(self._lines))
            line = self._lines.pop(client)
            job = line.popleft()
            if line:
                self._lines[client] = line  # back in at the end: the others' turn now
            self._announce()
            return job

    def remove(self, job: Job) -> bool:
        """Take a waiting job out; False where it does not wait here (any more)."""
        with self._changed:
            line = self._lines.get(job.client)
            if not line or job not in line:
                return False
            line.remove(job)
            if not line:
                del self._lines[job.client]
            self._announce()
            return True

    def move(self, job: Job, place: int) -> list[Job]:
        """Give a waiting job another place (from 0) among its client's own, and return these.

        Empty where it does not wait here (any more). A place beyond the end is the end.
        """
        with self._changed:
            line = self._lines.get(job.client)
            if not line or job not in line:
                return []
            line.remove(job)
            line.insert(max(0, place), job)
            self._announce()
            return list(line)

    def order(self) -> list[Job]:
        """All waiting jobs, in the order in which they will be taken."""
        with self._changed:
            return self._order()

    def close(self) -> None:
        """Make every `take` return None."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def position(self, job: Job) -> int:
        """How many waiting jobs are before this one; 0 also where it does not wait here."""
        with self._changed:
            order = self._order()
            return order.index(job) if job in order else 0

    def __len__(self) -> int:
        with self._changed:
            return sum(len(line) for line in self._lines.values())

    def _order(self) -> list[Job]:
        lines = [list(line) for line in self._lines.values()]
        depth = max((len(line) for line in lines), default=0)
        return [line[turn] for turn in range(depth) for line in lines if turn < len(line)]

    def _announce(self) -> None:
        """Publish each job's place where it changed since it was last told."""
        for position, job in enumerate(self._order()):
            told = job.events_since(0, 0)
            if not told or told[-1] != Queued(position=position):
                job.publish(Queued(position=position))
