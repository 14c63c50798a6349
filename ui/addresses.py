"""Where the page finds pictures and jobs; relative to the page, so that it may sit under a path."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

PREFIX = "/atelier"


def picture_address(path: Path) -> str:
    """The address of a saved picture, from its file in a day's folder of the outputs."""
    return f".{PREFIX}/pictures/{_name(path)}"


def thumbnail_address(path: Path) -> str:
    """The address of a small JPEG of a saved picture."""
    return f".{PREFIX}/thumbnails/{_name(path)}"


def job_picture_address(job_id: str, picture: int) -> str:
    """The address of a picture that is in its job alone, because it could not be written."""
    return f".{PREFIX}/jobs/{quote(job_id, safe='')}/pictures/{picture}"


def input_address(sha256: str) -> str:
    """The address of a kept input picture."""
    return f".{PREFIX}/inputs/{sha256}"


def _name(path: Path) -> str:
    """Day and name, with the file's time, so that a browser never shows an older file's copy."""
    name = quote(f"{path.parent.name}/{path.name}")
    return f"{name}?v={path.stat().st_mtime_ns:x}" if path.is_file() else name
