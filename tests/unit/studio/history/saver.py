"""Saves pictures without end, to be killed: `python -m tests.unit.studio.history.saver FOLDER`.

For each line on standard input it forks a process, tells its pid, and says "dead" when that is
over. The process says each picture's name once it is saved, with "deleted" once it is in the bin.
"""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path

from tests.unit.studio.history.rooms import Room


def main(outputs: Path) -> None:
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            save_without_end(outputs)
        os.waitpid(pid, 0)
        tell("dead")


def save_without_end(outputs: Path) -> None:
    tell(f"pid {os.getpid()}")
    room = Room(outputs)
    for number in count():
        entry = room.entry_of(name_of(room.save("a 🎈 balloon", seed=number, steps=2).path))
        assert entry is not None
        tell(f"saved {entry.name}")
        if number % 5 == 2:
            room.delete_pictures([entry.id])
            tell(f"deleted {entry.name}")
        elif number % 5 == 3:
            room.set_favourite(entry.id, True)
            tell(f"favourite {entry.name}")


def name_of(path: Path | None) -> str:
    assert path is not None
    return f"{path.parent.name}/{path.name}"


def tell(line: str) -> None:
    """One write, so that lines of two processes never mix."""
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
