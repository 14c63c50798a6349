"""Adapter files as they were read, kept while the files stay as they are.

A prompt is looked at with every key that is typed, and a pickle takes a process of its own to read.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from backend.errors import ModelError
from backend.library.adapters.embedding import Embedding, read_embedding
from backend.library.adapters.hypernetwork import Hypernetwork, read_hypernetwork
from backend.library.adapters.lora import Lora, read_lora

Adapter = TypeVar("Adapter")
BUDGET = 300_000_000  # bytes of files, up to twice that in memory; the last one used stays anyway
_Key = tuple[str, int, int]


class AdapterShelf:
    """Reads each file once, and remembers also why one could not be read; for several threads."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._read: OrderedDict[_Key, Any] = OrderedDict()
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
            if key not in self._read:
                self._read[key] = _outcome(path, read)
            self._read.move_to_end(key)
            self._make_room()
            found = self._read[key]
        if isinstance(found, str):
            raise ModelError(found)
        return found

    def _make_room(self) -> None:
        while len(self._read) > 1 and sum(size for _, size, _ in self._read) > self._budget:
            self._read.popitem(last=False)


def _outcome(path: Path, read: Callable[[Path], Adapter]) -> Adapter | str:
    """What is in the file, or the sentence that says why it cannot be used."""
    try:
        return read(path)
    except ModelError as error:
        return str(error)


def _key(path: Path) -> _Key:
    try:
        stat = path.stat()
    except OSError as error:
        raise ModelError(f"“{path.name}” is not there any more.") from error
    return str(path), stat.st_size, stat.st_mtime_ns
