"""The history made anew from the files equals the one that was lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.request import GenerationRequest, ModelChoice
from backend.studio.history.chunk import CHUNK_KEY
from backend.studio.history.rows import read_row
from backend.studio.storage import INFOTEXT_KEY, encode_png
from backend.tasks import DepthToImage, ImageToImage
from tests.unit.studio.history.rooms import BIN, EVERYTHING, Room, a_request

DAY = "2025-03-04"


def forget(room: Room) -> None:
    """Delete the database and close what was open."""
    room.close()
    for path in room.outputs.glob("atelier.db*"):
        path.unlink()


def everything(room: Room):
    """All that the history answers."""
    entries = room.all() + room.all(BIN)
    return [
        (each, room.history_request(each.id), room.history_steps(each.id), room.lineage(each.id))
        for each in entries
    ]


def earlier_picture(outputs: Path, number: int, infotext: str, colour: str = "red") -> Path:
    """A picture as it was written before there was a history."""
    path = outputs / DAY / f"{number:05d}-{number}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(np.asarray(Image.new("RGB", (64, 64), colour)), infotext))
    return path


def test_deleting_the_database_loses_nothing(room):
    first = room.add('a "red" 🎈 balloon,\nNegative prompt: none', seed=1, steps=3)
    ref = room.inputs.keep(room.picture(first).read_bytes()).ref
    second = room.add("over it", seed=2, steps=2, task=ImageToImage(picture=ref))
    third = room.add("over it", seed=3, task=ImageToImage(picture=ref), checkpoint="o'ther")
    depth = a_request("deep", 4, task=DepthToImage(picture=ref))
    pixels = np.zeros((16, 16, 3), np.uint8)
    room._room.archive.save(depth, pixels, "deep", depth_map="d" * 64)
    room.set_favourite(second.id, True)
    room.delete_pictures([third.id])
    before = everything(room)
    assert [each[0].seed for each in before] == [4, 2, 1, 3]
    assert len(before[2][3].descendants) == 3
    forget(room)
    again = Room(room.outputs)
    assert everything(again) == before
    assert again.history_notice() == ""
    assert [entry.seed for entry in again.all()] == [4, 2, 1]
    again.close()


def test_search_and_numbers_work_on_a_rebuilt_history(room):
    room.add("a balloon", seed=1)
    forget(room)
    again = Room(room.outputs)
    again.database.read().execute(
        "INSERT INTO picture_words (picture_words) VALUES ('integrity-check')"
    )
    assert again.history_count(EVERYTHING) == 1
    assert again.add("a lake").name.endswith("00002-1.png")
    again.close()


def test_pictures_of_an_earlier_version_come_in_with_what_their_infotext_says(room):
    infotext = (
        "a boat\nNegative prompt: fog\nSteps: 9, Sampler: Euler, Schedule type: Karras, "
        "CFG scale: 5.5, Seed: 1, Size: 64x64, Model hash: 0123456789, Model: old, VAE: v, "
        "Denoising strength: 0.5, Clip skip: 2, RNG: CPU, Version: Atelier 0.1.0"
    )
    path = earlier_picture(room.outputs, 1, infotext)
    earlier_picture(room.outputs, 2, "")
    again = Room(room.outputs)
    second, first = again.all()
    assert (first.prompt, first.negative_prompt, first.checkpoint) == ("a boat", "fog", "old")
    assert (first.checkpoint_hash, first.vae) == ("0123456789", "v")
    assert (first.task, second.task) == ("image-to-image", "text-to-image")
    assert first.created == pytest.approx(path.stat().st_mtime)
    assert again.history_request(first.id) == GenerationRequest(
        prompt="a boat", negative_prompt="fog", steps=9, sampler="Euler", schedule="Karras",
        cfg_scale=5.5, seed=1, width=64, height=64, clip_skip=2,
        model=ModelChoice(checkpoint="old", vae="v"),
    )  # fmt: skip
    assert again.history_request(second.id).seed == 2
    # Its pixels are known too, so that what is painted over it is its child.
    ref = again.inputs.keep(path.read_bytes()).ref
    assert again.add(task=ImageToImage(picture=ref)).parent in (first.id, second.id)
    again.close()


@pytest.mark.parametrize(
    "chunk",
    ["", "{", "null", "[" * 5000, '{"request": {}, "created": 1, "parent": 5, "pixels": []}',
     '{"request": {"seed": "x"}, "created": 1e999, "parent": null, "pixels": ""}'],
)  # fmt: skip
def test_a_forged_chunk_is_as_none(room, chunk):
    path = earlier_picture(room.outputs, 1, "a cat")
    pixels = np.asarray(Image.open(path))
    path.write_bytes(encode_png(pixels, "a cat", atelier=chunk))
    again = Room(room.outputs)
    assert [entry.prompt for entry in again.all()] == ["a cat"]
    assert again.lineage(again.all()[0].id).ancestors == ()
    again.close()


def test_files_that_are_no_pictures_are_left_alone(room):
    earlier_picture(room.outputs, 1, "a cat")
    (room.outputs / DAY / "00002-2.png").write_bytes(b"not a picture")
    (room.outputs / DAY / "00003-3.png").symlink_to("/etc/passwd")
    (room.outputs / DAY / "note.txt").write_text("mine")
    (room.outputs / DAY / "00004-4.png").mkdir()
    again = Room(room.outputs)
    assert [entry.prompt for entry in again.all()] == ["a cat"]
    assert (room.outputs / DAY / "note.txt").read_text() == "mine"
    again.close()


def test_pictures_taken_away_or_brought_by_hand_are_noticed(room):
    kept, taken, moved = (room.add(seed=seed, steps=2) for seed in range(3))
    room.set_favourite(taken.id, True)
    away = room.outputs.parent / "elsewhere.png"
    shutil.move(room.picture(taken), away)
    target = room.outputs / "bin" / moved.name
    target.parent.mkdir(parents=True)
    shutil.move(room.picture(moved), target)
    again = Room(room.outputs)
    assert [entry.id for entry in again.all()] == [kept.id]
    assert [entry.id for entry in again.all(BIN)] == [moved.id]
    assert not again.steps_file(taken).exists()
    shutil.move(away, room.outputs / taken.name)
    back = Room(room.outputs)
    assert [entry.id for entry in back.all()] == [taken.id, kept.id]
    assert back.history_entry(taken.id).favourite
    again.close()
    back.close()


def test_leavings_of_a_crash_are_cleared_and_steps_written_by_it_are_found(room):
    entry = room.add(seed=1, steps=2)
    partial = room.picture(entry).with_name(".00002-2.png.partial")
    partial.write_bytes(b"half a picture")
    with room.database.write() as connection:
        connection.execute("UPDATE pictures SET kept_steps = 0, steps_bytes = 0")
    again = Room(room.outputs)
    assert not partial.exists()
    assert again.all() == [entry]
    again.close()


def test_favourites_marked_without_the_file_get_into_it(room):
    entry = room.add()
    room.set_favourite(entry.id, True)
    (room.outputs / "favourites.txt").unlink()
    Room(room.outputs).close()
    assert (room.outputs / "favourites.txt").read_text() == f"{entry.name}\n"


def test_a_copy_beside_a_picture_with_its_number_is_a_picture_too(room):
    entry = room.add(seed=1)
    shutil.copy(room.picture(entry), room.picture(entry).with_name("00001-9.png"))
    again = Room(room.outputs)
    assert [each.seed for each in again.all()] == [9, 1]
    again.close()


def test_while_it_reads_the_folder_it_says_so_and_the_newest_are_there_first(room, monkeypatch):
    for number in range(1, 121):
        earlier_picture(room.outputs, number, f"number {number}")
    told = []
    original = room.database.write

    def watched():
        told.append((room.history_notice(), [e.seed for e in room.history(EVERYTHING, None, 1)]))
        return original()

    monkeypatch.setattr(room.database, "write", watched)
    monkeypatch.setattr(room._room.rebuild, "_fill_in_pixels", lambda: None)
    room._room.rebuild.run()
    assert told[1] == ("Reading the outputs folder: 50 of 120 pictures.", [120])
    assert room.history_notice() == ""
    assert room.history_count(EVERYTHING) == 120


def with_chunk(room: Room, seed: int, **changes) -> None:
    """A picture of this seed whose chunk says otherwise what `changes` say."""
    path = room.picture(room.add(seed=seed))
    with Image.open(path) as picture:
        texts = dict(picture.text)
        pixels = np.asarray(picture)
    values = json.loads(texts[CHUNK_KEY])
    values["request"]["model"] |= changes.pop("model", {})
    changed = json.dumps(values | changes)
    path.write_bytes(encode_png(pixels, texts[INFOTEXT_KEY], **{CHUNK_KEY: changed}))


@pytest.mark.parametrize(
    "changes",
    [
        {"created": float("nan")},
        {"created": float("inf")},
        {"created": -1e300},
        {"pixels": "\ud800"},
        {"depth_map": "../" * 20},
        {"model": {"checkpoint_hash": "\ud800"}},
        {"model": {"vae": "\ud800"}},
        {"model": {"checkpoint": 5, "checkpoint_hash": []}},
    ],
)
def test_a_chunk_that_anyone_wrote_hides_no_picture(room, changes):
    room.add("kept", seed=1)
    with_chunk(room, 2, **changes)
    forget(room)
    again = Room(room.outputs)
    assert [entry.seed for entry in again.all()] == [2, 1]
    assert all(0 < entry.created < 1e12 for entry in again.all())
    assert again.history_notice() == ""
    again.close()


def test_a_row_that_the_database_cannot_hold_leaves_out_no_other(room, monkeypatch):
    for seed in range(1, 4):
        room.add(seed=seed)
    forget(room)

    odd = {2: {"prompt": "\ud800"}, 3: {"created": None}}

    def unfit(path: Path, name: str):
        row = read_row(path, name)
        return row and row | odd.get(row["seed"], {})

    monkeypatch.setattr("backend.studio.history.rebuild.read_row", unfit)
    again = Room(room.outputs)
    assert [entry.seed for entry in again.all()] == [1]
    again.close()


def test_a_rebuild_that_breaks_says_so_and_raises_nothing(room, monkeypatch):
    monkeypatch.setattr(room.storage, "clear_partial", None)
    room._room.rebuild.run()
    assert "terminal window" in room.history_notice()
