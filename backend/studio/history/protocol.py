"""The part of the Studio's door that leads to the history; see `views.StudioLike`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.request import GenerationRequest
from backend.studio.history.values import HistoryEntry, HistoryQuery, Lineage


class HistoryLike(Protocol):
    """Safe to call from any thread; nothing here waits for painting.

    Methods that change something raise `StorageError` with a sentence where the folder cannot be
    written. An id that is not (or no longer) in the history is None, empty, or left out.
    """

    def history(
        self, query: HistoryQuery, before: int | None = None, limit: int = 60
    ) -> list[HistoryEntry]:
        """The newest pictures, newest first; `before` goes on after the entry of that id."""
        ...

    def history_count(self, query: HistoryQuery) -> int:
        """How many pictures `history` would show in all."""
        ...

    def history_entry(self, picture: int) -> HistoryEntry | None:
        """The entry of that id."""
        ...

    def entry_of(self, name: str) -> HistoryEntry | None:
        """The entry of the picture called "YYYY-MM-DD/NNNNN-seed.png"."""
        ...

    def lineage(self, picture: int) -> Lineage | None:
        """The pictures that it came from and those made from it, deleted ones too."""
        ...

    def set_favourite(self, picture: int, on: bool) -> None:
        """Mark a picture as a favourite, or no longer."""
        ...

    def delete_pictures(self, pictures: Sequence[int]) -> int:
        """Move pictures into the bin, from where they can be restored; returns how many."""
        ...

    def restore_pictures(self, pictures: Sequence[int]) -> int:
        """Move pictures back out of the bin; returns how many."""
        ...

    def empty_bin(self) -> int:
        """Delete the bin's pictures and their kept steps for good; returns how many."""
        ...

    def thumbnail(self, name: str) -> bytes | None:
        """A small JPEG of the picture called so, from the bin too; None where there is none."""
        ...

    def history_steps(self, picture: int) -> list[bytes]:
        """The kept previews of its steps, JPEG, in order; empty where none are kept."""
        ...

    def history_request(self, picture: int) -> GenerationRequest | None:
        """The request that painted it (of one picture), to be painted again or changed.

        For a picture without one in its file, what its infotext says, as text to image.
        """
        ...

    def history_checkpoints(self) -> list[str]:
        """The names of all checkpoints in the history, for a choice."""
        ...

    def history_notice(self) -> str:
        """A sentence where something is not as usual (it is being rebuilt, ...), else ""."""
        ...
