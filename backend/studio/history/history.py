"""The history as the page and the API see it; see `protocol.HistoryLike` for each method."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from backend.errors import StorageError
from backend.request import GenerationRequest
from backend.request_json import request_from_json
from backend.studio.history.database import Database
from backend.studio.history.favourites import FavouritesFile
from backend.studio.history.from_infotext import request_from_infotext
from backend.studio.history.lineage import lineage
from backend.studio.history.names import id_of
from backend.studio.history.rows import ENTRY_COLUMNS, entry
from backend.studio.history.search import condition
from backend.studio.history.step_files import StepFiles
from backend.studio.history.values import HistoryEntry, HistoryQuery, Lineage
from backend.studio.storage import Storage

MAX_PAGE = 1000
# From each name to the next one in the index: DISTINCT would walk over all pictures.
_CHECKPOINTS = """
WITH RECURSIVE names (found) AS (
    SELECT min(checkpoint) FROM pictures WHERE checkpoint > ''
    UNION ALL
    SELECT (SELECT min(checkpoint) FROM pictures WHERE checkpoint > names.found)
    FROM names WHERE found IS NOT NULL
)
SELECT found FROM names WHERE found IS NOT NULL
"""


class History:
    """Reads the database, and changes it together with the files; for any thread."""

    def __init__(
        self, database: Database, storage: Storage, steps: StepFiles, favourites: FavouritesFile
    ) -> None:
        self._database = database
        self._storage = storage
        self._steps = steps
        self._favourites = favourites

    def page(self, query: HistoryQuery, before: int | None, limit: int) -> list[HistoryEntry]:
        found = condition(query, before)
        sql = f"SELECT {ENTRY_COLUMNS} {found.sql} ORDER BY {found.order} LIMIT ?"
        limit = max(0, min(limit, MAX_PAGE))
        return [entry(row) for row in self._database.rows(sql, *found.parameters, limit)]

    def count(self, query: HistoryQuery) -> int:
        found = condition(query)
        return self._database.rows(f"SELECT count(*) {found.sql}", *found.parameters)[0][0]

    def entry(self, picture: int) -> HistoryEntry | None:
        sql = f"SELECT {ENTRY_COLUMNS} FROM pictures WHERE id = ?"
        return next((entry(row) for row in self._database.rows(sql, picture)), None)

    def entry_of(self, name: str) -> HistoryEntry | None:
        picture = id_of(name)
        return None if picture is None else self.entry(picture)

    def lineage(self, picture: int) -> Lineage | None:
        return lineage(self._database, picture)

    def set_favourite(self, picture: int, on: bool) -> None:
        with self._changing() as connection:
            name = _name(connection, picture)
            if name is None:
                return
            connection.execute("UPDATE pictures SET favourite = ? WHERE id = ?", (on, picture))
            self._favourites.change(name, on)

    def move(self, pictures: Sequence[int], *, deleted: bool) -> int:
        """Into the bin or out of it; each picture's file and row together."""
        return sum(self._move(picture, deleted) for picture in pictures)

    def _move(self, picture: int, deleted: bool) -> bool:
        found = self.entry(picture)
        if found is None or found.deleted == deleted:
            return False
        try:
            with self._changing() as connection:
                if not self._storage.move(found.name, deleted=deleted):
                    return False
                sql = "UPDATE pictures SET deleted = ? WHERE id = ?"
                connection.execute(sql, (deleted, picture))
                return True
        except StorageError:
            with suppress(OSError):  # the row stays, so the file goes back to where it says
                self._storage.move(found.name, deleted=not deleted)
            raise

    def empty_bin(self) -> int:
        """The files first: a crash in between leaves a row that the next start takes out."""
        rows = self._database.rows("SELECT id, name FROM pictures WHERE deleted = 1")
        return sum(self._delete_for_good(picture, name) for picture, name in rows)

    def _delete_for_good(self, picture: int, name: str) -> bool:
        with self._changing() as connection:
            # Asked again inside the transaction: it may have been restored meanwhile.
            sql = "SELECT 1 FROM pictures WHERE id = ? AND deleted = 1"
            if connection.execute(sql, (picture,)).fetchone() is None:
                return False
            self._storage.delete_for_good(name)
            self._steps.delete(name)
            self._favourites.change(name, False)
            connection.execute("DELETE FROM pictures WHERE id = ?", (picture,))
            return True

    def steps(self, picture: int) -> list[bytes]:
        found = self.entry(picture)
        if found is None or not found.kept_steps:
            return []
        return [step.preview for step in self._steps.read(found.name) if step.preview is not None]

    def request(self, picture: int) -> GenerationRequest | None:
        rows = self._database.rows(
            "SELECT request, infotext, seed, width, height FROM pictures WHERE id = ?", picture
        )
        if not rows:
            return None
        text, infotext, seed, width, height = rows[0]
        if text:
            return request_from_json(text)
        return request_from_infotext(infotext, seed=seed, width=width, height=height)

    def checkpoints(self) -> list[str]:
        return [row[0] for row in self._database.rows(_CHECKPOINTS)]

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction in which files are changed as well."""
        try:
            with self._database.write() as connection:
                yield connection
        except OSError as error:
            raise StorageError(
                f"The outputs folder cannot be written ({error.strerror}); nothing was changed."
            ) from error


def _name(connection: sqlite3.Connection, picture: int) -> str | None:
    row = connection.execute("SELECT name FROM pictures WHERE id = ?", (picture,)).fetchone()
    return row["name"] if row else None
