"""Saving a finished picture: the file, its row in the history, its steps."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from backend.errors import StorageError
from backend.request import GenerationRequest
from backend.studio.history.chunk import CHUNK_KEY, Making, pixels_hash, write_making
from backend.studio.history.database import Database
from backend.studio.history.parents import Parents
from backend.studio.history.rows import Row, insert, new_row
from backend.studio.history.step_files import KeptStep
from backend.studio.history.step_keeper import StepKeeper
from backend.studio.storage import Storage, encode_png

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Archived:
    """A picture's PNG file in memory, where it lies (None: nowhere), and a sentence or ""."""

    png: bytes
    path: Path | None
    note: str = ""


class Archive:
    """For the painter's thread; a picture is never lost for want of its row or its steps."""

    def __init__(
        self, storage: Storage, database: Database, parents: Parents, steps: StepKeeper
    ) -> None:
        self._storage = storage
        self._database = database
        self._parents = parents
        self._steps = steps
        self._lock = threading.Lock()
        self._unwritten: list[Row] = []  # rows of saved files, for the next time it works

    def save(
        self,
        request: GenerationRequest,
        pixels: np.ndarray,
        infotext: str,
        steps: Sequence[KeptStep] = (),
        depth_map: str = "",
    ) -> Archived:
        """Save one picture, uint8 RGB (height, width, 3), painted by `request`; never raises.

        `depth_map` is the hash of the kept one where it was estimated.

        First the file, whole or not at all, then the row: a crash between the two leaves a file
        that the next start finds, since all that a row holds is in the file as well.
        """
        making = Making(
            request=request,
            created=time.time(),
            parent=self._parents.parent_of(request),
            pixels=pixels_hash(pixels),
            depth_map=depth_map,
        )
        png = encode_png(pixels, infotext, **{CHUNK_KEY: write_making(making)})
        try:
            path = self._storage.save(png, request.seed, above=self._last_number())
        except StorageError as error:
            return Archived(png=png, path=None, note=str(error))
        name = f"{path.parent.name}/{path.name}"
        size = (pixels.shape[1], pixels.shape[0])
        row = new_row(name, infotext, size, making, making.created)
        note = self._add(row) if row else ""
        if row and not note:
            self._steps.add(row["id"], name, steps)
        return Archived(png=png, path=path, note=note)

    def _add(self, row: Row) -> str:
        """Write the row and those that could not be written before; a sentence where it fails."""
        with self._lock:
            self._unwritten.append(row)
            try:
                with self._database.write() as connection:
                    for each in self._unwritten:
                        insert(connection, each)
            except StorageError as error:
                log.warning("%s", error)
                return (
                    "The picture is saved, but the history could not be written; "
                    "it is added to the gallery with the next one or at the next start."
                )
            self._unwritten.clear()
            return ""

    def _last_number(self) -> int:
        """The highest number that today has seen, deleted pictures included."""
        try:
            found = self._database.rows(
                "SELECT last_number FROM days WHERE day = ?", date.today().isoformat()
            )
        except StorageError:
            return 0
        return found[0]["last_number"] if found else 0
