"""Saved pictures: whole or absent, numbered, and found by exact name only."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from backend.errors import StorageError
from backend.studio.storage import Storage, encode_png

PIXELS = np.random.default_rng(1).integers(0, 256, (16, 24, 3), dtype=np.uint8)


@pytest.fixture
def storage(tmp_path) -> Storage:
    return Storage(tmp_path / "outputs")


@pytest.mark.parametrize("infotext", ["plain", "🎈 über\nSteps: 1", "x" * 100_000])
def test_pixels_and_infotext_come_back_unchanged(storage, infotext):
    path = storage.save(encode_png(PIXELS, infotext), 7)
    with Image.open(path) as picture:
        assert picture.info["parameters"] == infotext
        assert (np.asarray(picture) == PIXELS).all()


def test_numbers_go_up_and_carry_the_seed(storage):
    names = [storage.save(encode_png(PIXELS, ""), seed).name for seed in (5, 4294967295)]
    assert names == ["00001-5.png", "00002-4294967295.png"]


def test_numbers_go_on_after_a_restart(storage):
    storage.save(encode_png(PIXELS, ""), 1)
    assert Storage(storage.outputs).save(encode_png(PIXELS, ""), 1).name == "00002-1.png"


def test_recent_is_newest_first_and_skips_what_is_no_picture(storage):
    first, second = (storage.save(encode_png(PIXELS, name), 1) for name in ("one", "two"))
    (first.parent / "00009-1.png").write_bytes(b"not a picture")
    assert [picture.path for picture in storage.recent(10)] == [second, first]
    assert [picture.infotext for picture in storage.recent(1)] == ["two"]


def test_a_failed_write_leaves_nothing_and_says_so(storage, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    storage.save(encode_png(PIXELS, ""), 1)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left on device"):
        storage.save(encode_png(PIXELS, ""), 2)
    monkeypatch.undo()
    assert [each.name for each in next(storage.outputs.iterdir()).iterdir()] == ["00001-1.png"]
    assert storage.save(encode_png(PIXELS, ""), 3).name == "00002-3.png"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.png",
        "2026-01-01/../../secret.png",
        "2026-01-01/.00001-1.png.partial",
        "/etc/passwd",
        "2026-01-01/00001-1.png\0",
        "",
    ],
)
def test_no_other_file_is_handed_out(storage, name):
    (storage.outputs / "2026-01-01").mkdir(parents=True)
    (storage.outputs.parent / "secret.png").write_bytes(b"x")
    assert storage.file(name) is None


def test_a_link_out_of_the_folder_is_not_followed(storage):
    saved = storage.save(encode_png(PIXELS, ""), 1)
    link = saved.parent / "00002-1.png"
    link.symlink_to("/etc/passwd")
    assert storage.file(f"{saved.parent.name}/{saved.name}") == saved
    assert storage.file(f"{saved.parent.name}/{link.name}") is None
