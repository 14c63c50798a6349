"""Bin, favourites and lineage."""

from __future__ import annotations

import itertools
import shutil

from backend.tasks import ImageToImage
from tests.unit.studio.history.rooms import BIN, EVERYTHING, Room


def test_a_deleted_picture_lies_in_the_bin_and_comes_back_whole(room):
    entries = [room.add(f"picture {seed}", seed=seed, steps=2) for seed in range(3)]
    room.set_favourite(entries[1].id, True)
    before = room.all()
    content = room.picture(entries[1]).read_bytes()
    assert room.delete_pictures([entries[0].id, entries[1].id, 12345]) == 2
    assert [entry.seed for entry in room.all()] == [2]
    assert [entry.seed for entry in room.all(BIN)] == [1, 0]
    assert all(entry.deleted for entry in room.all(BIN))
    assert room.history_count(BIN) == 2
    # It can still be looked at and its settings used, with its steps.
    assert room.picture(entries[1]).read_bytes() == content
    assert len(room.history_steps(entries[1].id)) == 2
    assert [saved.path.name for saved in room.storage.recent(9)] == ["00003-2.png"]
    assert room.delete_pictures([entries[0].id]) == 0
    assert room.restore_pictures([entry.id for entry in entries]) == 2
    assert room.all() == before
    assert room.picture(entries[1]).read_bytes() == content


def test_emptying_the_bin_deletes_for_good_and_nothing_else(room):
    gone, kept = (room.add(seed=seed, steps=2) for seed in range(2))
    room.set_favourite(gone.id, True)
    room.delete_pictures([gone.id])
    assert room.empty_bin() == 1
    assert room.all() == [kept]
    assert room.history_entry(gone.id) is None
    assert room.history_request(gone.id) is None
    assert room.storage.file(gone.name) is None
    assert not room.steps_file(gone).exists()
    assert room.steps_file(kept).exists()
    assert room.restore_pictures([gone.id]) == room.empty_bin() == 0
    assert (room.outputs / "favourites.txt").read_text() == ""
    again = Room(room.outputs)
    assert again.history_count(EVERYTHING) == 1
    again.close()


def test_a_picture_that_is_restored_while_the_bin_is_emptied_stays(room, monkeypatch):
    first, second = (room.add(seed=seed) for seed in range(2))
    room.delete_pictures([first.id, second.id])
    delete_for_good = room.storage.delete_for_good
    emptied: list[str] = []

    def delete_and_restore_the_other(name: str) -> None:
        delete_for_good(name)
        emptied.append(name)
        other = second if name == first.name else first
        room.storage.move(other.name, deleted=False)
        room.database.read().execute("UPDATE pictures SET deleted = 0 WHERE id = ?", (other.id,))

    monkeypatch.setattr(room.storage, "delete_for_good", delete_and_restore_the_other)
    assert room.empty_bin() == 1
    (entry,) = room.all()
    assert entry.name not in emptied
    assert room.picture(entry).is_file()


def test_steps_that_cannot_be_kept_do_not_end_the_keeping(room, monkeypatch):
    def broken(name: str, steps: object) -> int:
        raise ValueError("a step of a wrong shape")

    with monkeypatch.context() as patched:
        patched.setattr(room._room.step_keeper._files, "write", broken)
        room.add(seed=1, steps=2)
    assert room.add(seed=2, steps=2).kept_steps == 2


def test_a_picture_whose_file_was_taken_away_is_not_deleted(room):
    entry = room.add()
    room.picture(entry).unlink()
    assert room.delete_pictures([entry.id]) == 0
    assert room.all() == [entry]


def test_lineage_is_a_tree_with_deleted_pictures_in_it(room):
    def over(entry, seed):
        ref = room.inputs.keep(room.picture(entry).read_bytes()).ref
        return room.add(seed=seed, task=ImageToImage(picture=ref))

    root = room.add(seed=1)
    left, right = over(root, 2), over(root, 3)
    leaf = over(left, 4)
    room.add(seed=9)
    room.delete_pictures([left.id])
    found = room.lineage(root.id)
    assert found.ancestors == ()
    tree = [(b.entry.seed, [c.entry.seed for c in b.children]) for b in found.descendants]
    assert tree == [(2, [4]), (3, [])]
    assert found.descendants[0].entry.deleted
    assert [entry.seed for entry in room.lineage(leaf.id).ancestors] == [1, 2]
    assert room.lineage(right.id).descendants == ()
    room.empty_bin()
    assert room.lineage(leaf.id).ancestors == ()
    assert [branch.entry.seed for branch in room.lineage(root.id).descendants] == [3]
    assert room.lineage(12345) is None


def test_pictures_that_claim_to_be_their_own_grandparents_end_somewhere(room):
    one, two, three = (room.add(seed=seed) for seed in range(3))
    with room.database.write() as connection:
        for child, parent in ((one, two), (two, one), (three, three)):
            connection.execute("UPDATE pictures SET parent = ? WHERE id = ?", (parent.id, child.id))
    assert [entry.seed for entry in room.lineage(one.id).ancestors] == [1]
    assert room.lineage(three.id).ancestors == room.lineage(three.id).descendants == ()


def test_a_long_line_of_descent_is_bounded(room):
    entries = [room.add(seed=1)]
    for number in range(2, 102):
        path = room.picture(entries[0])
        shutil.copy(path, path.with_name(f"{number:05d}-1.png"))
    again = Room(room.outputs)
    ids = [entry.id for entry in again.all()][::-1]
    with again.database.write() as connection:
        pairs = itertools.pairwise(ids)
        connection.executemany("UPDATE pictures SET parent = ? WHERE id = ?", pairs)
    assert [entry.id for entry in again.lineage(ids[-1]).ancestors] == ids[-41:-1]
    assert again.lineage(ids[0]).descendants[0].entry.id == ids[1]
    again.close()
