"""How far a load has come, as a sentence now and then."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY_SECONDS = 0.3


class LoadReport:
    """Turns bytes into sentences for `report`, no more often than the page needs them.

    `doing` begins each sentence, such as "Loading storybook".
    """

    def __init__(
        self,
        doing: str,
        report: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._doing = doing
        self._report = report
        self._clock = clock
        self._began = self._told = clock()

    def __call__(self, done: int, total: int) -> None:
        """`done` of `total` bytes are in memory."""
        now = self._clock()
        if now - self._told < EVERY_SECONDS or not 0 < done < total:
            return
        self._told = now
        left = (now - self._began) * (total - done) / done
        self._report(f"{self._doing}: {done / 1e9:.2f} of {total / 1e9:.2f} GB, {left:.0f} s left.")
