"""sha256 of model files, remembered while a file's size and time of change stay the same."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from pathlib import Path

from backend.errors import ModelError
from backend.library.small_files import read_json, write_json


class HashCache:
    """Computes each file's hash once; safe to use from several threads.

    With `store`, a small JSON file, it remembers them from one start of the program to the next.
    """

    def __init__(self, store: Path | None = None) -> None:
        self._store = store
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()
        if store:
            with contextlib.suppress(ModelError):  # not there yet, or damaged: computed again
                self._known = {key: str(value) for key, value in read_json(store).items()}

    def known(self, path: Path) -> str:
        """The hash if it was computed before and the file is unchanged since, else empty."""
        try:
            identity = _identity(path)
        except OSError:
            return ""
        with self._lock:
            return self._known.get(identity, "")

    def sha256(self, path: Path) -> str:
        """The 64 hex digits of the file's sha256, read now unless already known.

        Raises `OSError` where the file cannot be read.
        """
        identity = _identity(path)
        with self._lock:
            if identity in self._known:
                return self._known[identity]
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with self._lock:
            self._known[identity] = digest
            self._keep()
        return digest

    def _keep(self) -> None:
        if self._store:
            with contextlib.suppress(OSError):  # a read-only folder: it will be computed again
                write_json(self._store, self._known)


def _identity(path: Path) -> str:
    stat = path.stat()
    return f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
