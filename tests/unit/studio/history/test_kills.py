"""`kill -9` at random moments while pictures are saved, deleted and marked."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from backend.studio.history.values import HistoryEntry, HistoryQuery
from backend.studio.storage import Storage
from tests.unit.studio.history.rooms import BIN, EVERYTHING, Room

ROOT = Path(__file__).resolve().parents[4]
LONGEST_LIFE = 0.3  # seconds; a picture takes some hundredths


class Saver:
    """The process that forks the ones that are killed, and what they said was done."""

    def __init__(self, outputs: Path) -> None:
        self.done: set[str] = set()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.studio.history.saver", str(outputs)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def live_and_die(self, seconds: float, early: bool) -> None:
        """Save a picture, go on for so long, and be killed; `early`: for so long from birth."""
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline().removeprefix("pid "))
        if not early:
            self.done.add(self._process.stdout.readline().strip())
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        for line in iter(self._process.stdout.readline, "dead\n"):
            assert line, "the saver ended by itself"
            self.done.add(line.strip())

    def names(self, what: str) -> set[str]:
        """The names of which `what` ("saved", ...) was said."""
        return {line.partition(" ")[2] for line in self.done if line.startswith(what)}

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


@pytest.mark.parametrize("kills", [15, pytest.param(200, marks=pytest.mark.long)])
def test_no_kill_damages_anything_and_at_most_the_one_in_flight_is_missing(tmp_path, kills):
    outputs = tmp_path / "outputs"
    saver = Saver(outputs)
    moments = random.Random(kills)
    whole: set[Path] = set()
    for _ in range(kills):
        saver.live_and_die(moments.uniform(0, LONGEST_LIFE), early=moments.random() < 0.2)
        check_database(outputs / "atelier.db", saver)
        check_pictures(outputs, whole)
    saver.close()
    assert len(saver.names("saved")) > kills / 2
    check_after_a_start(outputs, saver, kills)


def check_database(path: Path, saver: Saver) -> None:
    """As the kill left it: sound, and with every picture that was said to be saved."""
    if not path.exists():
        assert saver.names("saved") == set()
        return
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    if connection.execute("PRAGMA user_version").fetchone()[0]:
        connection.execute("INSERT INTO picture_words (picture_words) VALUES ('integrity-check')")
        rows = connection.execute("SELECT name FROM pictures").fetchall()
        assert saver.names("saved") <= {row[0] for row in rows}
    connection.close()


def check_pictures(outputs: Path, whole: set[Path]) -> None:
    """Every file with a picture's name is a whole picture; those seen before are in `whole`."""
    storage = Storage(outputs)
    for name in storage.names(deleted=False) | storage.names(deleted=True):
        path = storage.file(name)
        if path not in whole:
            with Image.open(path) as picture:
                picture.load()
                assert {"parameters", "atelier"} <= set(picture.info)
            whole.add(path)


def check_after_a_start(outputs: Path, saver: Saver, kills: int) -> None:
    """Rows and files agree, and all that was said to be done is."""
    room = Room(outputs)
    shown, in_bin = ({entry.name for entry in pages(room, query)} for query in (EVERYTHING, BIN))
    assert shown == room.storage.names(deleted=False)
    assert in_bin == room.storage.names(deleted=True)
    assert saver.names("saved") <= shown | in_bin
    assert saver.names("deleted") <= in_bin
    favourites = {entry.name for entry in pages(room, EVERYTHING) if entry.favourite}
    assert saver.names("favourite") <= favourites
    assert len((shown | in_bin) - saver.names("saved")) <= kills
    assert not list(outputs.rglob(".*.partial"))
    for entry in pages(room, EVERYTHING):
        assert len(room.history_steps(entry.id)) == entry.kept_steps
    room.close()


def pages(room: Room, query: HistoryQuery) -> list[HistoryEntry]:
    found, before = [], None
    while page := room.history(query, before):
        found += page
        before = page[-1].id
    return found
