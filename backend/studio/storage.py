"""Pictures in the outputs folder: `YYYY-MM-DD/NNNNN-seed.png`, written whole or not at all.

Deleted pictures lie under the same names in `bin/`, until it is emptied.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import threading
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from backend.errors import StorageError
from backend.studio.views import SavedPicture

_FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}")
_FILE = re.compile(r"(\d{5,})-\d{1,10}\.png")
INFOTEXT_KEY = "parameters"
BIN = "bin"


def encode_png(pixels: np.ndarray, infotext: str, **texts: str) -> bytes:
    """A PNG file of uint8 pixels, shape (height, width, 3), with the infotext inside it.

    `texts` are further text chunks by their key.
    """
    chunks = PngImagePlugin.PngInfo()
    for key, text in {INFOTEXT_KEY: infotext, **texts}.items():
        chunks.add_text(key, text)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=chunks, compress_level=4)
    return buffer.getvalue()


class Storage:
    """The outputs folder; numbers go up within a day and are never used twice."""

    def __init__(self, outputs: Path) -> None:
        self.outputs = outputs
        self._lock = threading.Lock()

    def save(self, png: bytes, seed: int, above: int = 0) -> Path:
        """Write a finished picture with a number above the day's others and above `above`.

        Raises `StorageError` with a sentence.
        """
        folder = self.outputs / date.today().isoformat()
        with self._lock:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                number = max(above, self._last_number(folder.name)) + 1
                path = folder / f"{number:05d}-{seed}.png"
                write_whole(path, png)
            except OSError as error:
                raise StorageError(
                    f"The picture could not be saved in the outputs folder ({error.strerror}); "
                    "download it from the page before you close it."
                ) from error
        return path

    def recent(self, limit: int) -> list[SavedPicture]:
        """The newest pictures, newest first; files that are not whole pictures are left out."""
        found: list[SavedPicture] = []
        for path in self._newest_first():
            if len(found) == limit:
                break
            try:
                with Image.open(path, formats=["PNG"]) as picture:
                    infotext = str(picture.info.get(INFOTEXT_KEY, ""))
                    width, height = picture.size
            except OSError:
                continue
            found.append(SavedPicture(path=path, infotext=infotext, width=width, height=height))
        return found

    def file(self, name: str) -> Path | None:
        """The picture called "YYYY-MM-DD/NNNNN-seed.png", from the bin where it lies there.

        None for every other name.
        """
        return self._file(name, deleted=False) or self._file(name, deleted=True)

    def names(self, *, deleted: bool) -> set[str]:
        """The names of all pictures, or of those in the bin."""
        return {
            f"{folder.name}/{path.name}"
            for folder in _days(self._root(deleted))
            for _, path in _numbered(folder)
        }

    def in_bin(self, name: str) -> bool | None:
        """Whether a picture lies in the bin; None where it lies nowhere."""
        if self._file(name, deleted=False):
            return False
        return True if self._file(name, deleted=True) else None

    def move(self, name: str, *, deleted: bool) -> bool:
        """Move a picture into the bin or out of it; False where there is no such picture.

        Raises `OSError`. One that is there already is left where it is.
        """
        path = self._file(name, deleted=not deleted)
        target = self._root(deleted) / name
        if path is None or target.exists():
            return target.is_file()
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)
        return True

    def delete_for_good(self, name: str) -> None:
        """Delete a picture of the bin; raises `OSError`."""
        path = self._file(name, deleted=True)
        if path is not None:
            path.unlink(missing_ok=True)

    def clear_partial(self, before: float) -> None:
        """Delete what an earlier run left half written, by its time in unix seconds."""
        for folder in _days(self.outputs):
            clear_partial(folder.glob(".*.partial"), before)

    def _root(self, deleted: bool) -> Path:
        return self.outputs / BIN if deleted else self.outputs

    def _file(self, name: str, *, deleted: bool) -> Path | None:
        folder, _, file = name.partition("/")
        if not _FOLDER.fullmatch(folder) or not _FILE.fullmatch(file):
            return None
        path = self._root(deleted) / folder / file
        return path if path.is_file() and not path.is_symlink() else None

    def _newest_first(self):
        for folder in sorted(_days(self.outputs), reverse=True):
            yield from (path for _, path in sorted(_numbered(folder), reverse=True))

    def _last_number(self, day: str) -> int:
        folders = [self._root(deleted) / day for deleted in (False, True)]
        numbers = (number for folder in folders for number, _ in _numbered(folder))
        return max(numbers, default=0)


def _days(root: Path) -> list[Path]:
    return [each for each in _listing(root) if _FOLDER.fullmatch(each.name)]


def _listing(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _numbered(folder: Path) -> list[tuple[int, Path]]:
    matches = ((_FILE.fullmatch(path.name), path) for path in _listing(folder))
    return [(int(match[1]), path) for match, path in matches if match]


def clear_partial(paths: Iterable[Path], before: float) -> None:
    """Delete the files of these that were last written before a time in unix seconds."""
    for path in paths:
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()


def write_whole(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Write beside the target and rename: a reader sees the whole file or none.

    Without `sync` that holds for a crash of the program but not for one of the machine. Raises
    `OSError`, with the target as it was.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
