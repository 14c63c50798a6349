"""sha256 of model files, remembered while a file's size and time of change stay the same."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from pathlib import Path

from backend.errors import ModelError
from backend.library.small_files import read_json, write_json
from backend.library.watch import Watch

_CHUNK = 4 * 2**20


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
            key = _key(path)
        except OSError:
            return ""
        with self._lock:
            return self._known.get(key, "")

    def sha256(self, path: Path, watch: Watch | None = None) -> str:
        """The 64 hex digits of the file's sha256, read now unless already known.

        The watch counts bytes and may stop it. Raises `OSError` where the file cannot be read, and
        `Stopped`.
        """
        return self._computed(_key(path), path, 0, watch or Watch())

    def sha256_of_tensors(self, path: Path, data_start: int) -> str:
        """The same of a safetensors file's content from `data_start`, its first tensor, on.

        It stays the same when the texts in the header are edited, and is how LoRAs are known.
        """
        return self._computed(f"{_key(path)}|from {data_start}", path, data_start, Watch())

    def _computed(self, key: str, path: Path, start: int, watch: Watch) -> str:
        with self._lock:
            if key in self._known:
                return self._known[key]
        digest = _sha256(path, start, watch)
        with self._lock:
            self._known[key] = digest
            self._keep()
        return digest

    def _keep(self) -> None:
        if self._store:
            with contextlib.suppress(OSError):  # a read-only folder: it will be computed again
                write_json(self._store, self._known)


def identity(path: Path) -> tuple[str, int, int]:
    """What tells a file's present content apart without reading it: place, size, time of change.

    Raises `OSError`.
    """
    stat = path.stat()
    return str(path.resolve()), stat.st_size, stat.st_mtime_ns


def _key(path: Path) -> str:
    return "|".join(map(str, identity(path)))


def _sha256(path: Path, start: int, watch: Watch) -> str:
    digest = hashlib.sha256()
    chunk = bytearray(_CHUNK)
    with path.open("rb", buffering=0) as file:
        watch.begin(path.stat().st_size - start)
        file.seek(start)
        while count := file.readinto(chunk):
            digest.update(memoryview(chunk)[:count])
            watch.add(count)
    return digest.hexdigest()
