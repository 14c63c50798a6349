"""How much longer a job will take, from the time that its last steps took."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable

_WINDOW = 8  # steps; the median of so many forgets a first slow step and a short stall


class Eta:
    """Made when the first step begins; told of every step."""

    def __init__(self, steps: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._left = steps
        self._clock = clock
        self._last = clock()
        self._durations: deque[float] = deque(maxlen=_WINDOW)

    def step_done(self) -> float:
        """Seconds until the last step is done, estimated now that one more is."""
        now = self._clock()
        self._durations.append(now - self._last)
        self._last = now
        self._left -= 1
        return self._left * statistics.median(self._durations)

    def leave_out(self, steps: int) -> None:
        """So many of the steps will not be taken."""
        self._left -= steps
