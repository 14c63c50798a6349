"""The database file: made, migrated, shared, and set aside where it is damaged."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from backend.errors import StorageError
from backend.studio.history import database as module
from backend.studio.history.database import open_database
from backend.studio.history.migrations import MIGRATIONS
from tests.unit.studio.history.rooms import Room


def version(path) -> int:
    with sqlite3.connect(path) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def test_a_new_file_has_the_newest_schema_in_wal_mode(tmp_path):
    database = open_database(tmp_path / "outputs" / "atelier.db")
    assert version(database.path) == len(MIGRATIONS)
    assert database.read().execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert database.notice == ""


@pytest.mark.parametrize("start", range(len(MIGRATIONS)))
def test_every_earlier_schema_is_brought_up_to_date(tmp_path, monkeypatch, start):
    path = tmp_path / "atelier.db"
    monkeypatch.setattr(module, "MIGRATIONS", MIGRATIONS[:start])
    open_database(path)
    assert version(path) == start
    monkeypatch.undo()
    tables = [database_tables(open_database(p)) for p in (path, tmp_path / "new.db")]
    assert tables[0] == tables[1]


def database_tables(database):
    return [tuple(row) for row in database.rows("SELECT name, sql FROM sqlite_master ORDER BY 1")]


def test_a_migration_keeps_the_rows_and_one_that_fails_changes_nothing(tmp_path, monkeypatch):
    room = Room(tmp_path)
    room.add()
    broken = (*MIGRATIONS, "CREATE TABLE more (x); SELECT no_such_column FROM pictures;")
    monkeypatch.setattr(module, "MIGRATIONS", broken)
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        open_database(tmp_path / "atelier.db")
    assert version(tmp_path / "atelier.db") == len(MIGRATIONS)
    monkeypatch.setattr(module, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE more (x);"))
    assert len(open_database(tmp_path / "atelier.db").rows("SELECT * FROM pictures, more")) == 0
    assert len(Room(tmp_path).all()) == 1


def test_a_newer_schema_is_a_sentence_and_the_file_is_left_alone(tmp_path):
    room = Room(tmp_path)
    entry = room.add()
    with sqlite3.connect(tmp_path / "atelier.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    later = Room(tmp_path)
    assert "written by a newer Atelier (format 99" in later.history_notice()
    assert [each.name for each in later.all()] == [entry.name]
    assert version(tmp_path / "atelier.db") == 99


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"", None])
def test_a_damaged_file_is_set_aside_and_made_anew_from_the_pictures(tmp_path, content):
    room = Room(tmp_path)
    entries = [room.add(seed=seed, steps=2) for seed in range(3)]
    path = tmp_path / "atelier.db"
    room.database.read().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    torn = whole[:4096] + b"\x55" * (len(whole) // 2) + whole[4096 + len(whole) // 2 :]
    path.write_bytes(torn if content is None else content)
    again = Room(tmp_path)
    assert again.all() == entries[::-1]
    if content != b"":
        assert "damaged" in again.history_notice()
        (aside,) = tmp_path.glob("atelier.db.damaged-*[0-9]")
        assert aside.read_bytes() == (torn if content is None else content)


def test_many_threads_read_while_others_write(room):
    faults = []

    def work(start: int) -> None:
        try:
            for seed in range(start, start + 10):
                room.save(seed=seed)
                assert room.all()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(i * 100,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len({entry.name for entry in room.all()}) == 60


def test_a_transaction_that_raises_is_undone(room):
    entry = room.add()
    for fault in ("1/no", "DELETE FROM nothing"):
        with pytest.raises(StorageError, match="could not be written"):
            delete_all_and(room.database, fault)
        assert room.all() == [entry]


def delete_all_and(database, fault):
    with database.write() as connection:
        connection.execute("DELETE FROM pictures")
        connection.execute(fault)
