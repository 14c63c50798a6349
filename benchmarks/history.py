"""The gallery's first page and a search with 1,000 pictures in the history, against 10.

The rows are those of pictures with long prompts; the histories are asked for the same number of
pictures, which each of them has. The seconds are those of a thousand answers.
"""

from __future__ import annotations

import random
import tempfile
from functools import partial
from pathlib import Path

from backend.engine.device import Device
from backend.request import GenerationRequest, ModelChoice
from backend.studio.history.chunk import Making
from backend.studio.history.database import Database, open_database
from backend.studio.history.favourites import FavouritesFile
from backend.studio.history.history import History
from backend.studio.history.rows import Row, insert, new_row
from backend.studio.history.step_files import StepFiles
from backend.studio.history.values import HistoryQuery
from backend.studio.infotext import write_infotext
from backend.studio.storage import Storage
from benchmarks.ratio import Pair, Ratio, compare_all

NAME = "history"
FEW, MANY, VERY_MANY = 10, 1_000, 10_000
TIMES = 1000  # one answer takes a tenth of a millisecond
WORDS = (
    "balloon lake sunset castle forest river mountain boat night snow village bridge garden storm "
    "fox owl lantern tower harbour meadow watercolour masterpiece detailed golden misty"
)
QUERIES = {
    "the gallery's first page": HistoryQuery(),
    "a search that finds everything": HistoryQuery(words="red balloon"),
    "a search while it is typed": HistoryQuery(words="ball"),
    "a search that finds nothing": HistoryQuery(words="zebra"),
}


def measure(device: Device, rounds: int) -> list[Ratio]:
    """1,000 and 10,000 pictures against 10."""
    with tempfile.TemporaryDirectory() as folder:
        histories = {
            count: _history(Path(folder) / str(count), count) for count in (FEW, MANY, VERY_MANY)
        }
        works = {
            f"{name}, {count}": partial(_ask, history, query)
            for name, query in QUERIES.items()
            for count, history in histories.items()
        }
        pairs = [
            Pair(
                name=f"{name}: {count:,} pictures / {FEW}",
                ours=f"{name}, {count}",
                other=f"{name}, {FEW}",
                target=1.2,
            )
            for name in QUERIES
            for count in (MANY, VERY_MANY)
        ]
        return compare_all(NAME, works, pairs, rounds=rounds, dtype=device.dtype)


def _ask(history: History, query: HistoryQuery) -> None:
    for _ in range(TIMES):
        history.page(query, before=None, limit=FEW)


def _history(outputs: Path, count: int) -> History:
    database = open_database(outputs / "atelier.db")
    _fill(database, count)
    return History(
        database, Storage(outputs), StepFiles(outputs / "steps"), FavouritesFile(outputs)
    )


def _fill(database: Database, count: int) -> None:
    """Rows one transaction each, as a painter adds them; then what a start does to the index."""
    chance = random.Random(1)
    for number in range(count):
        with database.write() as connection:
            insert(connection, _row(number, chance))
    with database.write() as connection:
        connection.execute("INSERT INTO picture_words (picture_words) VALUES ('optimize')")


def _row(number: int, chance: random.Random) -> Row:
    request = GenerationRequest(
        prompt="a red hot-air balloon over a lake, " + ", ".join(chance.sample(WORDS.split(), 12)),
        seed=number,
        model=ModelChoice(checkpoint="storybook", checkpoint_hash="ab" * 32),
    )
    infotext = write_infotext(request, request.model.checkpoint_hash, None)
    making = Making(request=request, created=float(number), parent=None, pixels=f"{number:064x}")
    name = f"2026-01-{1 + number // 400:02d}/{number + 1:05d}-{number}.png"
    row = new_row(name, infotext, (request.width, request.height), making, 0.0)
    assert row is not None
    return row
