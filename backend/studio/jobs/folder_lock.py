"""One program at a time: a lock on a folder, which ends with the program however that ends."""

from __future__ import annotations

import logging
import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none; there a second program on one folder is not noticed
    fcntl = None

log = logging.getLogger(__name__)


class FolderLock:
    """A file called `lock` in the folder, locked while this program holds it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def take(self) -> bool:
        """Whether it is ours now; False where another program has it, or nothing can be written."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            log.warning("Waiting jobs cannot be kept in %s: %s", self._path.parent, error)
            return False
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            log.warning("Another Atelier uses this outputs folder; its waiting jobs stay its own.")
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Let another program have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
