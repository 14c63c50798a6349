"""How long work is followed and stopped: bytes done, bytes in all, and a question asked often."""

from __future__ import annotations

from collections.abc import Callable

from backend.errors import Stopped

Progress = Callable[[int, int], None]


class Watch:
    """Reports progress in bytes and ends the work when asked to.

    `progress(done, total)` is called in the working thread; `stop()` is asked as often.
    """

    def __init__(
        self, progress: Progress | None = None, stop: Callable[[], bool] | None = None
    ) -> None:
        self._progress = progress
        self._stop = stop
        self._done = self._total = 0

    def begin(self, total: int) -> None:
        """Work of so many bytes begins; a watch may follow several, one after another."""
        self._done, self._total = 0, total

    def add(self, count: int) -> None:
        """So many bytes more are done; raises `Stopped` when the work should end."""
        self._done += count
        if self._progress:
            self._progress(self._done, self._total)
        self.check()

    def check(self) -> None:
        """Raise `Stopped` when the work should end."""
        if self._stop and self._stop():
            raise Stopped("The work was stopped.")
