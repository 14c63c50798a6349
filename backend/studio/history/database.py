"""The SQLite database in the outputs folder: opened, brought up to date, shared by threads."""

from __future__ import annotations

import logging
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from backend.errors import StorageError
from backend.studio.history.migrations import MIGRATIONS

log = logging.getLogger(__name__)

FILE = "atelier.db"
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)  # as primary result codes
BUSY_SECONDS = 10  # how long a write waits for another process


class Database:
    """A connection a thread, and one writer at a time; for any number of threads.

    `notice` is a sentence for the artist where the file is not the usual one, else "".
    """

    def __init__(self, path: Path, notice: str = "") -> None:
        self.path = path
        self.notice = notice
        self.folder: tempfile.TemporaryDirectory | None = None  # goes when this does
        self._local = threading.local()
        self._writing = threading.RLock()

    @property
    def stands_in(self) -> bool:
        """Whether it is there for one that cannot be used, and knows nothing of earlier runs."""
        return self.folder is not None

    def read(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode; rows are `sqlite3.Row`."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = _connect(self.path)
        return connection

    def rows(self, sql: str, *parameters: object) -> list[sqlite3.Row]:
        """What a SELECT finds; raises `StorageError` where the file cannot be read."""
        try:
            return self.read().execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise StorageError(f"The history could not be read ({error}).") from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: kept whole when the block ends, undone where it raises.

        Raises `StorageError` where SQLite cannot write (disk full, read-only, damaged).
        """
        with self._writing:
            try:
                connection = self.read()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()
            except sqlite3.Error as error:
                raise StorageError(f"The history could not be written ({error}).") from error


def open_database(path: Path) -> Database:
    """The database at `path`, made or brought up to date; never fails.

    A damaged file is set aside under another name and a new one begun. Where the file cannot be
    used at all (a read-only folder, written by a newer version), one in the system's folder for
    temporary files stands in until the next start. The notice tells either.
    """
    try:
        return _open(path)
    except StorageError as error:
        notice = f"{error} What is changed in the history now is lost at the next start."
    except (OSError, sqlite3.Error) as error:
        notice = (
            f"The history cannot be kept in the outputs folder ({error}); it is read from the "
            "pictures at every start, and favourites are not kept."
        )
    log.warning("%s", notice)
    folder = tempfile.TemporaryDirectory(prefix="atelier-")
    database = _open(Path(folder.name) / FILE)
    database.notice, database.folder = notice, folder
    return database


def _open(path: Path) -> Database:
    path.parent.mkdir(parents=True, exist_ok=True)
    notice = ""
    try:
        _prepare(path)
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF not in DAMAGED:
            raise
        aside = _set_aside(path)
        notice = (
            f"The history's database was damaged and is set aside as {aside.name}; "
            "a new one is being made from the pictures."
        )
        log.warning("%s (%s)", notice, error)
        _prepare(path)
    return Database(path, notice)


def _prepare(path: Path) -> None:
    """Check the file and run the migrations that it lacks."""
    with closing(_connect(path)) as connection:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            damage = sqlite3.DatabaseError(found)
            damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damage
        connection.execute("PRAGMA journal_mode = WAL")
        _migrate(connection)


def _migrate(connection: sqlite3.Connection) -> None:
    known = len(MIGRATIONS)
    while (version := _version(connection)) < known:
        step = MIGRATIONS[version]
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{step}\nPRAGMA user_version = {version + 1};\nCOMMIT;"
            )
        except sqlite3.Error:
            connection.rollback()
            if _version(connection) == version:  # else another process was first
                raise
    if version > known:
        raise StorageError(
            f"The history in the outputs folder was written by a newer Atelier (format {version}, "
            f"this one knows {known}); it is left as it is: update the program to use it."
        )


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    # With a write-ahead log this never damages the file. A power cut may take the last rows back,
    # and they are made anew from the pictures, the bin and favourites.txt, which are synced.
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _set_aside(path: Path) -> Path:
    """Rename the file, with what belongs to it, to a name that is free."""
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            os.replace(part, aside.with_name(aside.name + suffix))
    return aside
