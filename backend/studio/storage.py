"""Pictures in the outputs folder: `YYYY-MM-DD/NNNNN-seed.png`, written whole or not at all."""

from __future__ import annotations

import io
import os
import re
import threading
from datetime import date
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from backend.errors import StorageError
from backend.studio.views import SavedPicture

_FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}")
_FILE = re.compile(r"(\d{5,})-\d{1,10}\.png")
INFOTEXT_KEY = "parameters"


def encode_png(pixels: np.ndarray, infotext: str) -> bytes:
    """A PNG file of uint8 pixels, shape (height, width, 3), with the infotext inside it."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text(INFOTEXT_KEY, infotext)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=chunks, compress_level=4)
    return buffer.getvalue()


class Storage:
    """The outputs folder; numbers go up within a day and are never used twice."""

    def __init__(self, outputs: Path) -> None:
        self.outputs = outputs
        self._lock = threading.Lock()

    def save(self, png: bytes, seed: int) -> Path:
        """Write a finished picture; raises `StorageError` with a sentence."""
        folder = self.outputs / date.today().isoformat()
        with self._lock:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                path = folder / f"{self._next_number(folder):05d}-{seed}.png"
                _write_whole(path, png)
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
        """The picture called "YYYY-MM-DD/NNNNN-seed.png"; None for every other name."""
        folder, _, file = name.partition("/")
        if not _FOLDER.fullmatch(folder) or not _FILE.fullmatch(file):
            return None
        path = self.outputs / folder / file
        return path if path.is_file() and not path.is_symlink() else None

    def _newest_first(self):
        folders = [each for each in _listing(self.outputs) if _FOLDER.fullmatch(each.name)]
        for folder in sorted(folders, reverse=True):
            yield from (path for _, path in sorted(_numbered(folder), reverse=True))

    def _next_number(self, folder: Path) -> int:
        return max((number for number, _ in _numbered(folder)), default=0) + 1


def _listing(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _numbered(folder: Path) -> list[tuple[int, Path]]:
    matches = ((_FILE.fullmatch(path.name), path) for path in _listing(folder))
    return [(int(match[1]), path) for match, path in matches if match]


def _write_whole(path: Path, content: bytes) -> None:
    """Write beside the target and rename: a reader sees the whole file or none."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
