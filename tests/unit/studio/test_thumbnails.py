"""Thumbnails are made once, follow their picture, and never stand in the way."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from backend.studio.thumbnails import SIDE, Thumbnails

NAME = "2026-01-02/00001-7.png"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    Image.new("RGB", (800, 400), "red").save(path)
    return path


def colour(jpeg: bytes | None) -> tuple[int, ...]:
    assert jpeg is not None
    with Image.open(io.BytesIO(jpeg)) as small:
        assert (small.format, small.size) == ("JPEG", (SIDE, SIDE // 2))
        return tuple(round(each / 255) for each in small.getpixel((9, 9)))


def test_it_is_made_once_and_then_read(tmp_path, picture):
    thumbnails = Thumbnails(tmp_path / "small")
    assert colour(thumbnails.of(NAME, picture)) == (1, 0, 0)
    kept = tmp_path / "small" / "2026-01-02" / "00001-7.jpg"
    time = kept.stat().st_mtime_ns
    kept.write_bytes(b"as it is kept")
    os.utime(kept, ns=(time, time))
    assert thumbnails.of(NAME, picture) == b"as it is kept"


def test_it_follows_a_picture_that_was_exchanged(tmp_path, picture):
    thumbnails = Thumbnails(tmp_path / "small")
    thumbnails.of(NAME, picture)
    Image.new("RGB", (800, 400), "blue").save(picture)
    os.utime(picture, ns=(5, 5))
    assert colour(thumbnails.of(NAME, picture)) == (0, 0, 1)


def test_what_cannot_be_kept_is_made_each_time(tmp_path, picture):
    (tmp_path / "small").write_text("a file where the folder should be")
    thumbnails = Thumbnails(tmp_path / "small")
    assert colour(thumbnails.of(NAME, picture)) == (1, 0, 0)
    assert colour(thumbnails.of(NAME, picture)) == (1, 0, 0)


@pytest.mark.parametrize("content", [b"", b"\x89PNG but not really", b"GIF89a"])
def test_a_broken_file_has_none(tmp_path, picture, content):
    picture.write_bytes(content)
    assert Thumbnails(tmp_path / "small").of(NAME, picture) is None


def test_a_picture_deleted_for_good_leaves_none(tmp_path, picture):
    thumbnails = Thumbnails(tmp_path / "small")
    thumbnails.of(NAME, picture)
    thumbnails.forget([NAME, "2026-01-02/00002-8.png"])
    assert list((tmp_path / "small").rglob("*.*")) == []
