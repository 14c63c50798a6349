"""Keeps the steps of finished pictures, off the painting path and within a budget of bytes."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence

from backend.studio.history.database import Database
from backend.studio.history.step_files import KeptStep, StepFiles

log = logging.getLogger(__name__)

MAX_PENDING = 16  # pictures; a disk slower than the painter holds it up rather than fill memory


class StepKeeper:
    """Writes in a thread of its own; when `budget` bytes are full, the oldest steps go.

    Nothing here fails a picture: steps that cannot be written are not kept, and the log says why.
    """

    def __init__(self, database: Database, files: StepFiles, budget: int) -> None:
        self._database = database
        self._files = files
        self._budget = budget
        self._pending: queue.Queue[tuple[int, str, Sequence[KeptStep]] | None] = queue.Queue(
            MAX_PENDING
        )
        self._thread = threading.Thread(target=self._run, name="step keeper", daemon=True)

    def start(self) -> None:
        """Begin to write; returns at once."""
        self._thread.start()

    def add(self, picture: int, name: str, steps: Sequence[KeptStep]) -> None:
        """Keep the steps of a picture that is in the history."""
        if steps and self._budget > 0:
            self._pending.put((picture, name, steps))

    def wait(self) -> None:
        """Return when everything added so far is written."""
        self._pending.join()

    def close(self, timeout: float) -> None:
        """Write what is waiting, for at most `timeout` seconds."""
        if self._thread.is_alive():
            self._pending.put(None)
            self._thread.join(timeout)

    def _run(self) -> None:
        while (item := self._pending.get()) is not None:
            try:
                self._keep(*item)
            except Exception:  # the thread must outlive it, or saving would wait for it in vain
                log.exception("the steps of %s are not kept", item[1])
            finally:
                self._pending.task_done()

    def _keep(self, picture: int, name: str, steps: Sequence[KeptStep]) -> None:
        size = self._files.write(name, steps)
        with self._database.write() as connection:
            connection.execute(
                "UPDATE pictures SET kept_steps = ?, steps_bytes = ? WHERE id = ?",
                (len(steps), size, picture),
            )
        self.evict()

    def evict(self) -> None:
        """Delete the oldest steps beyond the budget; raises `OSError` and `StorageError`."""
        with self._database.write() as connection:
            sums = "SELECT total(steps_bytes) FROM pictures WHERE steps_bytes > 0"
            over = connection.execute(sums).fetchone()[0] - self._budget
            while over > 0:
                picture, name, size = connection.execute(
                    "SELECT id, name, steps_bytes FROM pictures WHERE steps_bytes > 0 ORDER BY id"
                ).fetchone()
                self._files.delete(name)
                connection.execute(
                    "UPDATE pictures SET kept_steps = 0, steps_bytes = 0 WHERE id = ?", (picture,)
                )
                over -= size

    def reconcile(self, before: float) -> None:
        """Bring rows and files together; raises `OSError` and `StorageError`.

        Steps of a picture that is gone go too, and what was half written `before` (unix seconds).
        """
        self._files.clear_partial(before)
        kept = self._database.rows("SELECT id, name FROM pictures WHERE steps_bytes > 0")
        names = set(self._files.names())
        lost = [(0, 0, picture) for picture, name in kept if name not in names]
        rows = self._database.rows("SELECT name, id, steps_bytes FROM pictures")
        known = {name: (picture, size) for name, picture, size in rows}
        found = []
        for name in names:
            picture, size = known.get(name, (None, 0))
            if picture is None:
                self._files.delete(name)
            elif not size:
                found.append((*self._files.measure(name), picture))
        sql = "UPDATE pictures SET kept_steps = ?, steps_bytes = ? WHERE id = ?"
        with self._database.write() as connection:
            connection.executemany(sql, lost + found)
        self.evict()
