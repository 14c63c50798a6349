"""The favourites' names in `outputs/favourites.txt`, so that they outlive the database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from backend.studio.storage import write_whole

FILE = "favourites.txt"


class FavouritesFile:
    """One name a line; the database is asked first, this is what it is rebuilt from."""

    def __init__(self, outputs: Path) -> None:
        self._path = outputs / FILE

    def read(self) -> set[str]:
        """The names, which may be of pictures that are gone; empty where there is no file."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return set(self._path.read_text("utf-8").split())
        return set()

    def change(self, name: str, on: bool) -> None:
        """Add a name or take it out; raises `OSError`."""
        names = self.read()
        self.write(names | {name} if on else names - {name})

    def write(self, names: Iterable[str]) -> None:
        """Write these names; raises `OSError`."""
        text = "".join(f"{name}\n" for name in sorted(names))
        write_whole(self._path, text.encode())
