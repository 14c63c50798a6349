"""The history with all that it takes, and the Studio's methods that lead to it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from backend.request import GenerationRequest
from backend.studio.history.archive import Archive
from backend.studio.history.database import FILE, Database, open_database
from backend.studio.history.favourites import FavouritesFile
from backend.studio.history.history import History
from backend.studio.history.parents import Inputs, Parents
from backend.studio.history.rebuild import Rebuild
from backend.studio.history.step_files import StepFiles
from backend.studio.history.step_keeper import StepKeeper
from backend.studio.history.values import HistoryEntry, HistoryQuery, Lineage
from backend.studio.storage import Storage
from backend.studio.thumbnails import Thumbnails

STEP_BUDGET = 4_000_000_000  # bytes: about 5,000 pictures of 512 x 512 and 20 steps
CLOSING_SECONDS = 5.0


class HistoryRoom:
    """The parts of one outputs folder's history, put together.

    `database` is shared with whatever else is kept in it; `archive` saves pictures.
    """

    def __init__(self, storage: Storage, inputs: Inputs, step_budget: int = STEP_BUDGET) -> None:
        self.storage = storage
        self.thumbnails = Thumbnails(storage.outputs / "thumbnails")
        self.database: Database = open_database(storage.outputs / FILE)
        files = StepFiles(storage.outputs / "steps")
        favourites = FavouritesFile(storage.outputs)
        self.step_keeper = StepKeeper(self.database, files, step_budget)
        self.history = History(self.database, storage, files, favourites)
        self.archive = Archive(
            storage, self.database, Parents(self.database, inputs), self.step_keeper
        )
        self.rebuild = Rebuild(self.database, storage, favourites, self.step_keeper)

    def start(self) -> None:
        """Begin to keep steps, and bring rows and files together in the background."""
        self.step_keeper.start()
        threading.Thread(target=self.rebuild.run, name="history", daemon=True).start()

    def close(self) -> None:
        """Write what is waiting to be written."""
        self.step_keeper.close(CLOSING_SECONDS)


class HistoryDoor:
    """The methods of `protocol.HistoryLike`, for a Studio that has a `HistoryRoom`."""

    _room: HistoryRoom

    def history(
        self, query: HistoryQuery, before: int | None = None, limit: int = 60
    ) -> list[HistoryEntry]:
        return self._room.history.page(query, before, limit)

    def history_count(self, query: HistoryQuery) -> int:
        return self._room.history.count(query)

    def history_entry(self, picture: int) -> HistoryEntry | None:
        return self._room.history.entry(picture)

    def entry_of(self, name: str) -> HistoryEntry | None:
        return self._room.history.entry_of(name)

    def lineage(self, picture: int) -> Lineage | None:
        return self._room.history.lineage(picture)

    def set_favourite(self, picture: int, on: bool) -> None:
        self._room.history.set_favourite(picture, on)

    def delete_pictures(self, pictures: Sequence[int]) -> int:
        return self._room.history.move(pictures, deleted=True)

    def restore_pictures(self, pictures: Sequence[int]) -> int:
        return self._room.history.move(pictures, deleted=False)

    def empty_bin(self) -> int:
        names = self._room.storage.names(deleted=True)
        count = self._room.history.empty_bin()
        self._room.thumbnails.forget(names)
        return count

    def thumbnail(self, name: str) -> bytes | None:
        path = self._room.storage.file(name)
        return self._room.thumbnails.of(name, path) if path else None

    def history_steps(self, picture: int) -> list[bytes]:
        return self._room.history.steps(picture)

    def history_request(self, picture: int) -> GenerationRequest | None:
        return self._room.history.request(picture)

    def history_checkpoints(self) -> list[str]:
        return self._room.history.checkpoints()

    def history_notice(self) -> str:
        return self._room.rebuild.notice or self._room.database.notice
