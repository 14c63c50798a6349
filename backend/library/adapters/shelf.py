"""Adapter files as they were read, kept while the files stay as they are.

A prompt is looked at with every key that is typed, and a pickle takes a process of its own to read.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from backend.errors import ModelError
from backend.library.adapters.embedding import Embedding, read_embedding
from backend.library.adapters.hypernetwork import Hypernetwork, read_hypernetwork
from backend.library.adapters.lora import Lora, read_lora

Adapter = TypeVar("Adapter")
BUDGET = 300_000_000  # bytes of files, up to twice that in memory; the last one used stays anyway
# A reading that failed for want of time or memory is tried anew after so many seconds: at once
# would be with every key that is typed.
RETRY_AFTER = 60.0
_Key = tuple[str, int, int]


@dataclass(frozen=True)
class _Outcome:
    """What is in a file, or the sentence that says why it cannot be used; and until when."""

    found: Any
    until: float = inf


class AdapterShelf:
    """Reads each file once, and remembers also why one could not be read; for several threads.

    Whoever asks for a file waits for its reading, and for no other's.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._read: OrderedDict[_Key, _Outcome] = OrderedDict()
        self._reading: dict[_Key, threading.Lock] = {}
        self._lock = threading.Lock()

    def embedding(self, path: Path) -> Embedding:
        """See `read_embedding`."""
        return self._get(path, read_embedding)

    def lora(self, path: Path) -> Lora:
        """See `read_lora`."""
        return self._get(path, read_lora)

    def hypernetwork(self, path: Path) -> Hypernetwork:
        """See `read_hypernetwork`."""
        return self._get(path, read_hypernetwork)

    def _get(self, path: Path, read: Callable[[Path], Adapter]) -> Adapter:
        key = _key(path)
        with self._lock:
            reading = self._reading.setdefault(key, threading.Lock())
        with reading:
            outcome = self._kept(key) or _outcome(path, read)
            self._keep(key, outcome)
        if isinstance(outcome.found, str):
            raise ModelError(outcome.found)
        return outcome.found

    def _kept(self, key: _Key) -> _Outcome | None:
        with self._lock:
            outcome = self._read.get(key)
        return outcome if outcome and time.monotonic() < outcome.until else None

    def _keep(self, key: _Key, outcome: _Outcome) -> None:
        with self._lock:
            self._read[key] = outcome
            self._read.move_to_end(key)
            self._make_room()
            self._reading.pop(key, None)

    def _make_room(self) -> None:
        while len(self._read) > 1 and sum(size for _, size, _ in self._read) > self._budget:
            self._read.popitem(last=False)


def _outcome(path: Path, read: Callable[[Path], Adapter]) -> _Outcome:
    try:
        return _Outcome(read(path))
    except ModelError as error:
        return _Outcome(str(error), time.monotonic() + RETRY_AFTER if error.passing else inf)


def _key(path: Path) -> _Key:
    try:
        stat = path.stat()
    except OSError as error:
        raise ModelError(f"“{path.name}” is not there any more.") from error
    return str(path), stat.st_size, stat.st_mtime_ns
