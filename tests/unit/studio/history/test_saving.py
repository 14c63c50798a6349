"""Saving: the file, the row and the steps, and what happens where one of them cannot be written."""

from __future__ import annotations

import errno
import json
import os
import resource
import sqlite3
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from backend.errors import StorageError
from backend.studio.history import archive as archive_module
from backend.studio.history.chunk import pixels_hash
from backend.tasks import DepthToImage, ImageToImage, Inpaint, PictureRef
from tests.unit.studio.history.rooms import BIN, Room, a_request, some_steps


def a_ref(digit: str) -> PictureRef:
    return PictureRef(sha256=digit * 64, width=64, height=64)


TASKS = {
    "image-to-image": ImageToImage(picture=a_ref("a"), strength=0.5, resize="Stretch"),
    "inpainting": Inpaint(picture=a_ref("a"), mask=a_ref("b"), area="Only masked", soft=True),
    "depth-to-image": DepthToImage(picture=a_ref("a"), depth=a_ref("c")),
}


def test_an_entry_tells_everything(room):
    entry = room.add('a "quoted" 🎈\nsecond line', seed=4294967295, negative_prompt="bad", steps=3)
    assert entry == room.history_entry(entry.id) == room.all()[0]
    assert entry.prompt == 'a "quoted" 🎈\nsecond line'
    assert (entry.negative_prompt, entry.seed, entry.kept_steps) == ("bad", 4294967295, 3)
    assert (entry.width, entry.height, entry.checkpoint) == (16, 16, "storybook")
    assert entry.checkpoint_hash == "ab" * 32
    assert not entry.favourite
    assert not entry.deleted
    with Image.open(room.picture(entry)) as picture:
        assert picture.info["parameters"] == entry.infotext
        making = json.loads(picture.info["atelier"])
        assert making["pixels"] == pixels_hash(np.asarray(picture))
    assert making["created"] == entry.created


@pytest.mark.parametrize("name", TASKS)
def test_inputs_are_named_and_the_request_comes_back_whole(room, name):
    task = TASKS[name]
    entry = room.add("over a picture", task=task)
    assert (entry.task, entry.input) == (name, "a" * 64)
    assert entry.mask == ("b" * 64 if name == "inpainting" else "")
    assert entry.depth_map == ("c" * 64 if name == "depth-to-image" else "")
    assert room.history_request(entry.id) == a_request("over a picture", 1, task=task)


def test_an_estimated_depth_map_is_told_and_painted_from_no_more_than_before(room):
    task = DepthToImage(picture=a_ref("a"))
    pixels = np.zeros((16, 16, 3), np.uint8)
    room._room.archive.save(a_request("x", 1, task=task), pixels, "", depth_map="d" * 64)
    (entry,) = room.all()
    assert entry.depth_map == "d" * 64
    assert room.history_request(entry.id).task == task
    room._room.archive.save(a_request("x", 2, task=TASKS["depth-to-image"]), pixels, "")
    assert [each.depth_map[0] for each in room.all()] == ["c", "d"]


def test_a_picture_over_another_has_it_as_parent_however_it_came_in(room):
    first = room.add(seed=1)
    sent = room.inputs.keep(room.picture(first).read_bytes()).ref
    second = room.add(seed=2, task=ImageToImage(picture=sent))
    with Image.open(room.picture(second)) as picture:
        uploaded = room.inputs.keep_picture(picture.convert("RGB"))
    third = room.add(seed=3, task=Inpaint(picture=uploaded, mask=sent))
    fourth = room.add(seed=4, task=ImageToImage(picture=sent))
    unrelated = room.inputs.keep_picture(Image.new("RGB", (16, 16), "red"))
    fifth = room.add(seed=5, task=ImageToImage(picture=unrelated))
    parents = [each.parent for each in (first, second, third, fourth, fifth)]
    assert parents == [None, first.id, second.id, first.id, None]


def test_a_picture_over_a_change_of_another_has_that_one_as_parent(room):
    first = room.add(seed=1)
    sent = room.inputs.keep(room.picture(first).read_bytes()).ref
    larger = room.inputs.keep_picture(Image.new("RGB", (32, 16)), made_from=sent)
    largest = room.inputs.keep_picture(Image.new("RGB", (64, 16)), made_from=larger)
    assert room.add(seed=2, task=Inpaint(picture=largest, mask=sent)).parent == first.id
    # What was changed is not there any more: the picture has no parent, and is saved all the same.
    plain = room.inputs.keep_picture(Image.new("RGB", (8, 8)), made_from=a_ref("f"))
    assert room.add(seed=3, task=ImageToImage(picture=plain)).parent is None


def test_numbers_are_not_given_out_again_once_the_bin_is_emptied(room):
    first = room.add()
    room.delete_pictures([first.id])
    second = room.add()
    assert second.name.partition("/")[2] == "00002-1.png"
    room.delete_pictures([second.id])
    room.empty_bin()
    again = Room(room.outputs)
    assert again.add().name.partition("/")[2] == "00003-1.png"
    again.close()


def a_full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_hands_the_picture_out_and_the_next_save_works(room, monkeypatch):
    monkeypatch.setattr(os, "fsync", a_full_disk)
    saved = room.save("lost to the disk", steps=2)
    assert saved.path is None
    assert "No space left on device" in saved.note
    assert "download it" in saved.note
    assert saved.png.startswith(b"\x89PNG")
    monkeypatch.undo()
    assert room.add(seed=2).name.endswith("00001-2.png")
    assert [entry.seed for entry in room.all()] == [2]


@contextmanager
def files_of_at_most(size: int):
    """The kernel refuses to let any file grow beyond `size` bytes, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_where_the_kernel_refuses_to_write_nothing_half_is_left(room):
    room.add(seed=1)
    pixels = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    with files_of_at_most(8000):
        saved = room._room.archive.save(a_request("large", 3), pixels, "infotext")
    assert saved.path is None
    assert "could not be saved" in saved.note
    assert len(saved.png) > 8000
    assert {path.name for path in room.picture(room.all()[0]).parent.iterdir()} == {"00001-1.png"}
    room.add(seed=4)
    assert [entry.seed for entry in room.all()] == [4, 1]


def test_a_full_database_keeps_the_file_and_adds_the_row_with_the_next(room):
    room.add("first")
    connection = room.database.read()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    saved = room.save("x" * 100_000, seed=2, steps=2)
    assert saved.path is not None
    assert "the history could not be written" in saved.note
    assert [entry.seed for entry in room.all()] == [1]
    connection.execute("PRAGMA max_page_count = 1000000")
    room.add("third", seed=3)
    assert [entry.seed for entry in room.all()] == [3, 2, 1]


def test_what_the_history_missed_is_there_after_a_restart(room, monkeypatch):
    monkeypatch.setattr(archive_module, "insert", a_failing_insert)
    assert room.save(seed=7).path is not None
    monkeypatch.undo()
    again = Room(room.outputs)
    assert [entry.seed for entry in again.all()] == [7]
    again.close()


def a_failing_insert(connection, row):
    connection.execute("INSERT INTO a_table_that_is_not_there VALUES (1)")


@pytest.mark.parametrize("obstacle", ["permissions", "a file in its place"])
def test_a_folder_that_cannot_be_written_is_told_and_forgotten(tmp_path, obstacle):
    outputs = tmp_path / "outputs"
    if obstacle != "permissions":
        outputs.write_text("no folder")
    elif os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    else:
        outputs.mkdir(mode=0o500)
    room = Room(outputs)
    assert "cannot be kept in the outputs folder" in room.history_notice()
    saved = room.save(seed=1, steps=2)
    assert saved.path is None
    assert "could not be saved" in saved.note
    outputs.chmod(0o700) if outputs.is_dir() else outputs.unlink()
    entry = room.add(seed=2, steps=2)
    assert [each.seed for each in room.all()] == [2]
    room.close()
    assert Room(outputs).all() == [entry]


def test_steps_that_cannot_be_written_cost_the_picture_nothing(room):
    (room.outputs / "steps").write_text("a file where the folder should be")
    entry = room.add(steps=3)
    assert entry.kept_steps == 0
    assert room.history_steps(entry.id) == []
    (room.outputs / "steps").unlink()
    assert room.add(seed=2, steps=3).kept_steps == 3


def test_changes_that_cannot_be_written_are_a_sentence_and_change_nothing(room, monkeypatch):
    entry = room.add()
    monkeypatch.setattr(os, "replace", a_full_disk)
    for change in (
        lambda: room.delete_pictures([entry.id]),
        lambda: room.set_favourite(entry.id, True),
    ):
        with pytest.raises(Exception, match=r"cannot be written \(No space left on device\)"):
            change()
    monkeypatch.undo()
    assert room.all() == [entry]
    assert room.all(BIN) == []


def test_where_the_row_cannot_be_changed_the_file_is_where_the_row_says(room, monkeypatch):
    kept, binned = room.add(seed=1), room.add(seed=2)
    room.delete_pictures([binned.id])
    write = room.database.write

    @contextmanager
    def failing_at_its_end():
        with write() as connection:
            yield connection
            raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(room.database, "write", failing_at_its_end)
    for change, entry in ((room.delete_pictures, kept), (room.restore_pictures, binned)):
        with pytest.raises(StorageError, match="could not be written"):
            change([entry.id])
    monkeypatch.undo()
    assert [entry.name for entry in room.all()] == list(room.storage.names(deleted=False))
    assert [entry.name for entry in room.all(BIN)] == list(room.storage.names(deleted=True))


def test_steps_come_back_as_they_were(room):
    steps = some_steps(4)
    entry = room.add(steps=4, seed=0)
    assert room.history_steps(entry.id) == [step.preview for step in steps]
    kept = room.step_files.read(entry.name)
    assert [step.sigma for step in kept] == [step.sigma for step in steps]
    for found, step in zip(kept, steps, strict=True):
        assert found.latent.dtype == np.float16
        assert (found.latent == step.latent).all()


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, None])
def test_damaged_steps_are_none(room, content):
    entry = room.add(steps=4)
    (path,) = (room.outputs / "steps").rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-10] if content is None else content)
    assert room.history_steps(entry.id) == []


def test_the_oldest_steps_go_when_the_budget_is_full(tmp_path):
    one = Room(tmp_path / "one")
    size = len(one.steps_file(one.add(steps=5)).read_bytes())
    room = Room(tmp_path / "outputs", step_budget=int(size * 2.5))
    entries = [room.add(seed=seed, steps=5) for seed in range(4)]
    assert [room.history_entry(each.id).kept_steps for each in entries] == [0, 0, 5, 5]
    assert [room.steps_file(each).is_file() for each in entries] == [False, False, True, True]
    assert [len(room.history_steps(each.id)) for each in entries] == [0, 0, 5, 5]
    assert Room(tmp_path / "none", step_budget=0).add(steps=5).kept_steps == 0
    tighter = Room(tmp_path / "outputs", step_budget=int(size * 1.5))
    assert [each.kept_steps for each in tighter.all()] == [5, 0, 0, 0]
