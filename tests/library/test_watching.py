"""The models folder is watched: new files are found once they are whole, and hashed."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file

from backend.library.library import Library
from backend.library.settling import Settling
from tests.library import tiny
from tests.library.test_listing import CROSS, FIRST

WHOLE = save({FIRST: torch.zeros(320, 4, 3, 3), CROSS: torch.zeros(320, 768)})
PATIENCE = 60.0


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    (tmp_path / "checkpoints").mkdir()
    library = Library(tmp_path)
    library.watch(every=0.05)
    yield library
    library.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def names(library: Library) -> list[str]:
    return [row.name for row in library.rows if row.usable]


def test_a_new_file_is_found_and_hashed_and_a_removed_one_forgotten(library, tmp_path):
    path = tmp_path / "checkpoints" / "new.safetensors"
    before = library.revision
    path.write_bytes(WHOLE)
    until(lambda: names(library) == ["new.safetensors"])
    until(lambda: library.rows[0].sha256 == hashlib.sha256(WHOLE).hexdigest())
    assert library.revision > before
    path.unlink()
    until(lambda: names(library) == [])


def test_a_file_that_comes_before_watching_has_begun_is_found(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    library = Library(tmp_path)
    (tmp_path / "checkpoints" / "new.safetensors").write_bytes(WHOLE)
    library.watch(every=0.05)
    until(lambda: names(library) == ["new.safetensors"])
    library.close()


def test_what_still_changes_is_waited_for():
    folder = Settling("empty")
    seen = ["empty", "1 MB", "2 MB", "3 MB", "3 MB", "3 MB", "empty", "empty"]
    assert [folder.news(each) for each in seen] == [
        False, False, False, False, True, False, False, True,
    ]  # fmt: skip


def test_a_growing_file_is_another_each_time(library, tmp_path):
    path = tmp_path / "checkpoints" / "copied.safetensors"
    path.write_bytes(b"12")
    first = library._signature()
    path.write_bytes(b"123")
    assert library._signature() != first


def test_drafts_are_not_seen(library, tmp_path):
    before = library._signature()
    (tmp_path / "checkpoints" / ".1234.partial").write_bytes(b"x")
    assert library._signature() == before


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_an_exchanged_part_of_a_folder_is_seen(library, tmp_path, part):
    folder = tiny.make_folder(tmp_path / "checkpoints" / "f")
    before = library._signature()
    (file,) = (folder / part).glob("*.safetensors")
    draft = file.with_name("draft")
    draft.write_bytes(file.read_bytes())
    os.utime(draft, (5, 5))
    os.replace(draft, file)
    assert library._signature() != before


def test_the_same_look_is_the_same_revision(tmp_path):
    (tmp_path / "vae").mkdir()
    library = Library(tmp_path)
    first = library.revision
    library._look()
    assert library.revision == first
    save_file({"encoder.conv_in.weight": torch.zeros(2, 2)}, tmp_path / "vae" / "a.safetensors")
    library._look()
    assert library.revision == first + 1
