"""The gallery's first page and a search with 1,000 pictures in the history, against 10.

As a browser gets them from a server: the entries, how many there are in all, and the checkpoints to
choose from. The rows are those of pictures with long prompts; each history is asked for the same
number of pictures, which each of them has. 10,000 pictures are looked at besides.
"""

from __future__ import annotations

import random
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import uvicorn

from backend.engine.device import Device
from backend.request import GenerationRequest, ModelChoice
from backend.studio.history.chunk import Making
from backend.studio.history.database import FILE, open_database
from backend.studio.history.rows import Row, insert, new_row
from backend.studio.infotext import write_infotext
from backend.studio.studio import Settings, Studio
from benchmarks.models import ROOT
from benchmarks.ratio import Pair, Ratio, compare_all, seconds
from ui.server import build_server

NAME = "history"
FEW, MANY, VERY_MANY = 10, 1_000, 10_000
TIMES = 100  # answers a round: one takes some milliseconds
WORDS = (
    "balloon lake sunset castle forest river mountain boat night snow village bridge garden storm "
    "fox owl lantern tower harbour meadow watercolour masterpiece detailed golden misty"
)
QUERIES = {
    "the gallery's first page": "",
    "a search that finds everything": "red balloon",
    "a search that finds nothing": "zebra",
}


def measure(device: Device, rounds: int) -> list[Ratio]:
    """1,000 and 10,000 pictures against 10, by the quicker answers of each round."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        works = {}
        for count in (FEW, MANY, VERY_MANY):
            client = servers.enter_context(_served(Path(folder) / str(count), count))
            for name, words in QUERIES.items():
                works[f"{name}, {count}"] = partial(_ask, client, words)
        pairs = [
            Pair(
                name=f"{name}: {count:,} pictures / {FEW}",
                ours=f"{name}, {count}",
                other=f"{name}, {FEW}",
                target=1.2 if count == MANY else None,
            )
            for name in QUERIES
            for count in (MANY, VERY_MANY)
        ]
        ratios = compare_all(
            NAME,
            works,
            pairs,
            rounds=rounds,
            dtype=device.dtype,
            timed=lambda work: work(),  # type: ignore[arg-type, return-value]
        )
        return [replace(ratio, unit="ms") for ratio in ratios]


def _ask(client: httpx.Client, words: str) -> float:
    """Milliseconds of an answer: the first quartile, as what else the machine does only adds."""
    query = {"words": words, "limit": FEW}
    taken = [
        seconds(lambda: client.get("/atelier/gallery", params=query).raise_for_status())
        for _ in range(TIMES)
    ]
    return sorted(taken)[TIMES // 4] * 1000


@contextmanager
def _served(outputs: Path, count: int) -> Iterator[httpx.Client]:
    """A client of a Studio with so many pictures; it is not started, so nothing else runs."""
    _fill(outputs / FILE, count)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    studio = Studio(Settings(models=ROOT / "models", outputs=outputs))
    config = uvicorn.Config(build_server(studio), port=port, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield client
    server.should_exit = True
    thread.join()


def _fill(path: Path, count: int) -> None:
    """Rows one transaction each, as a painter adds them; then what a start does to the index."""
    database = open_database(path)
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
