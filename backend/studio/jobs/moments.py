"""The last kept step of the picture that is being painted, written beside the painting.

Taking a step apart costs the painter a millisecond or two, so it is done once a second; writing it
to the disk is left to a thread of its own.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backend.studio.job import KeptMoment

log = logging.getLogger(__name__)

SECONDS_BETWEEN = 1.0
_FILE = re.compile(r"([0-9a-f]+)-(\d+)\.safetensors")


@dataclass(frozen=True)
class _Waiting:
    job_id: str
    picture: int
    content: bytes


class MomentFiles:
    """Files `JOB-PICTURE.safetensors` in a folder, at most one of a job."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._due = 0.0
        self._waiting: _Waiting | None = None
        self._closed = False
        self._trouble = False
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        threading.Thread(target=self._work, name="moments", daemon=True).start()

    def offer(self, job_id: str, picture: int, pack: Callable[[], bytes]) -> None:
        """Keep this step where a second has passed since the last; never raises."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + SECONDS_BETWEEN
        try:
            waiting = _Waiting(job_id, picture, pack())
        except Exception:  # a step that cannot be kept must not end the picture
            log.exception("a step could not be taken apart")
            return
        with self._changed:
            self._waiting = waiting
            self._changed.notify()

    def kept(self, job_id: str) -> KeptMoment | None:
        """The last kept step of a job."""
        found = sorted(self._of(job_id), key=lambda each: each[0])
        if not found:
            return None
        picture, path = found[-1]
        try:
            return KeptMoment(picture=picture, content=path.read_bytes())
        except OSError:
            return None

    def forget(self, job_id: str) -> None:
        """Delete what is kept of a job."""
        with self._writing:
            with self._changed:
                if self._waiting and self._waiting.job_id == job_id:
                    self._waiting = None
            for _, path in self._of(job_id):
                _delete(path)

    def forget_all_but(self, job_ids: set[str]) -> None:
        """Delete what is kept of other jobs, and what was left half written."""
        for path in self._listing():
            match = _FILE.fullmatch(path.name)
            if path.suffix == ".partial" or (match and match[1] not in job_ids):
                _delete(path)

    def close(self) -> None:
        """Write what waits, and end."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        with self._writing:
            self._write_waiting()

    def _of(self, job_id: str) -> list[tuple[int, Path]]:
        matches = ((_FILE.fullmatch(path.name), path) for path in self._listing())
        return [(int(match[2]), path) for match, path in matches if match and match[1] == job_id]

    def _listing(self) -> list[Path]:
        return list(self._folder.iterdir()) if self._folder.is_dir() else []

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
            with self._writing:
                self._write_waiting()

    def _write_waiting(self) -> None:
        with self._changed:
            waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        try:
            self._write(waiting)
            self._trouble = False
        except OSError as error:
            if not self._trouble:  # once is enough: the disk is full for every step
                log.warning("The steps of the running picture cannot be kept: %s", error)
            self._trouble = True

    def _write(self, waiting: _Waiting) -> None:
        path = self._folder / f"{waiting.job_id}-{waiting.picture}.safetensors"
        partial = path.with_suffix(".partial")
        try:
            with partial.open("wb") as file:
                file.write(waiting.content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except OSError:
            _delete(partial)
            raise
        for _, other in self._of(waiting.job_id):
            if other != path:
                _delete(other)


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s could not be deleted: %s", path, error)
