"""Small JPEGs of the saved pictures, made when they are first asked for and kept on disk."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

SIDE = 384  # pixels; twice what the gallery's rows are high, for sharp screens


class Thumbnails:
    """The folder of thumbnails, `YYYY-MM-DD/NNNNN-seed.jpg`; safe to use from several threads.

    It is a cache: whatever cannot be kept is made again the next time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, name: str, picture: Path) -> bytes | None:
        """The thumbnail of the saved picture of that name and file; None for a broken file."""
        kept = self._kept(name)
        try:
            if kept.stat().st_mtime_ns == picture.stat().st_mtime_ns:
                return kept.read_bytes()
        except OSError:
            pass  # not made yet
        try:
            small, time = _small_jpeg(picture), picture.stat().st_mtime_ns
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return None  # exchanged or cut short by somebody else
        _keep(kept, small, time)
        return small

    def forget(self, names: Iterable[str]) -> None:
        """Delete the thumbnails of pictures that are gone for good."""
        for name in names:
            with contextlib.suppress(OSError):
                self._kept(name).unlink(missing_ok=True)

    def _kept(self, name: str) -> Path:
        return (self._folder / name).with_suffix(".jpg")


def _small_jpeg(path: Path) -> bytes:
    with Image.open(path, formats=["PNG"]) as picture:
        small = picture.convert("RGB")
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    target = io.BytesIO()
    small.save(target, "JPEG", quality=85)
    return target.getvalue()


def _keep(path: Path, content: bytes, time: int) -> None:
    """Write whole or not at all, with the picture's own time; a full disk is no fault here."""
    partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        os.utime(partial, ns=(time, time))
        os.replace(partial, path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
