"""Bringing the rows and the files together at the start, and making the rows anew from the files.

Runs in the background while the page and the painter work. A crash, a deleted database and pictures
painted by an earlier version are all the same to it: what lies in the folder is in the history.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator

import numpy as np
from PIL import Image

from backend.errors import StorageError
from backend.studio.history.chunk import pixels_hash
from backend.studio.history.database import Database
from backend.studio.history.favourites import FavouritesFile
from backend.studio.history.rows import Row, insert, read_row
from backend.studio.history.step_keeper import StepKeeper
from backend.studio.storage import Storage

log = logging.getLogger(__name__)

BATCH = 50  # pictures in a transaction: a save in between waits for no more than these
UNFIT = (ValueError, OverflowError)  # a row's own fault, not that of the database
DAMAGED = "damaged"  # stands for the pixels' hash of a file that cannot be decoded


class Rebuild:
    """One run; `notice` is a sentence while it adds pictures or where it could not, else ""."""

    def __init__(
        self, database: Database, storage: Storage, favourites: FavouritesFile, steps: StepKeeper
    ) -> None:
        self._database = database
        self._storage = storage
        self._favourites = favourites
        self._steps = steps
        self._began = time.time()
        self.notice = ""

    def run(self) -> None:
        """Do it all; never raises."""
        try:
            self._storage.clear_partial(self._began)
            self._add_missing()
            self._correct_rows()
            self._keep_favourites()
            self._steps.reconcile(self._began)
            self._fill_in_pixels()
            self._tidy_index()
        except (OSError, StorageError) as error:
            log.warning("%s", error)
            self.notice = f"The history may lack pictures until the next start. {error}"
        except Exception:  # a thread of its own: nobody else would tell
            log.exception("the rows and the files could not be brought together")
            self.notice = (
                "The history may lack pictures until the next start; "
                "Atelier's terminal window says more."
            )

    def _add_missing(self) -> None:
        """Rows for files without one, the newest first, since that is what is looked at."""
        known = {row[0] for row in self._database.rows("SELECT name FROM pictures")}
        bin_names = self._storage.names(deleted=True)
        names = sorted((self._storage.names(deleted=False) | bin_names) - known, reverse=True)
        favourites = self._favourites.read()
        for start in range(0, len(names), BATCH):
            if len(names) > BATCH:
                self.notice = f"Reading the outputs folder: {start:,} of {len(names):,} pictures."
            rows = [
                row | {"favourite": row["name"] in favourites, "deleted": row["name"] in bin_names}
                for row in self._read(names[start : start + BATCH])
            ]
            self._insert(rows)
        self.notice = ""

    def _insert(self, rows: list[Row]) -> None:
        """All rows at once, or else one by one without those that the database cannot hold."""
        try:
            self._insert_together(rows)
        except UNFIT:
            for row in rows:
                try:
                    self._insert_together([row])
                except UNFIT as error:
                    log.warning("%s cannot be shown in the history: %s", row["name"], error)

    def _insert_together(self, rows: list[Row]) -> None:
        with self._database.write() as connection:
            try:
                for row in rows:
                    insert(connection, row)
            except sqlite3.IntegrityError as error:
                raise ValueError(str(error)) from error

    def _read(self, names: list[str]) -> Iterator[Row]:
        for name in names:
            path = self._storage.file(name)
            row = read_row(path, name) if path else None
            if row is not None:
                yield row

    def _correct_rows(self) -> None:
        """Rows of files that were moved or taken away, by a crash halfway or by hand."""
        shown, in_bin = (self._storage.names(deleted=deleted) for deleted in (False, True))
        for picture, name, deleted in self._database.rows("SELECT id, name, deleted FROM pictures"):
            if name in (in_bin if deleted else shown):
                continue
            # Asked again inside the transaction: it may have been moved or painted meanwhile.
            with self._database.write() as connection:
                lies_in_bin = self._storage.in_bin(name)
                if lies_in_bin is None:
                    connection.execute("DELETE FROM pictures WHERE id = ?", (picture,))
                else:
                    sql = "UPDATE pictures SET deleted = ? WHERE id = ?"
                    connection.execute(sql, (lies_in_bin, picture))

    def _keep_favourites(self) -> None:
        """The file lacks what was marked before there was one, or when it was deleted."""
        with self._database.write() as connection:
            rows = connection.execute("SELECT name FROM pictures WHERE favourite = 1")
            marked, kept = {row[0] for row in rows}, self._favourites.read()
            if not marked <= kept:
                self._favourites.write(marked | kept)

    def _fill_in_pixels(self) -> None:
        """Hash the pixels of older pictures, at half the speed, so that they can be parents."""
        for picture, name in self._database.rows("SELECT id, name FROM pictures WHERE pixels = ''"):
            began = time.monotonic()
            found = self._pixels(name)
            with self._database.write() as connection:
                connection.execute("UPDATE pictures SET pixels = ? WHERE id = ?", (found, picture))
            time.sleep(time.monotonic() - began)

    def _tidy_index(self) -> None:
        """Merge the parts that the index of words has grown by, one a picture."""
        with self._database.write() as connection:
            connection.execute("INSERT INTO picture_words (picture_words) VALUES ('optimize')")

    def _pixels(self, name: str) -> str:
        try:
            with Image.open(self._storage.file(name) or "", formats=["PNG"]) as picture:
                return pixels_hash(np.asarray(picture.convert("RGB")))
        except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
            return DAMAGED
