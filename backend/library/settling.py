"""When something that changes has come to rest again."""

from __future__ import annotations

from collections.abc import Hashable


class Settling:
    """Asked from time to time; a file that still grows differs each time, and is waited for."""

    def __init__(self, first: Hashable) -> None:
        self._seen = self._settled = first

    def news(self, now: Hashable) -> bool:
        """Whether what is there now was there the last time too, and is not what was told of."""
        news = now == self._seen != self._settled
        if news:
            self._settled = now
        self._seen = now
        return news
