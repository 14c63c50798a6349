"""sha256 of model files, remembered while a file's size and time of change stay the same."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path


class HashCache:
    """Computes each file's hash once; safe to use from several threads."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, int, int], str] = {}
        self._lock = threading.Lock()

    def known(self, path: Path) -> str:
        """The hash if it was computed before and the file is unchanged since, else empty."""
        with self._lock:
            return self._known.get(_identity(path), "")

    def sha256(self, path: Path) -> str:
        """The 64 hex digits of the file's sha256, read now unless already known."""
        identity = _identity(path)
        with self._lock:
            if identity in self._known:
                return self._known[identity]
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with self._lock:
            self._known[identity] = digest
        return digest


def _identity(path: Path) -> tuple[Path, int, int]:
    stat = path.stat()
    return path.resolve(), stat.st_size, stat.st_mtime_ns
