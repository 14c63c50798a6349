"""A history in a folder, and pictures of noise to put into it; no torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.request import GenerationRequest, ModelChoice
from backend.studio.history.archive import Archived
from backend.studio.history.door import STEP_BUDGET, HistoryDoor, HistoryRoom
from backend.studio.history.step_files import KeptStep, StepFiles
from backend.studio.history.values import HistoryEntry, HistoryQuery
from backend.studio.infotext import write_infotext
from backend.studio.inputs import InputPictures
from backend.studio.storage import Storage

EVERYTHING = HistoryQuery()
BIN = HistoryQuery(deleted=True)


class Room(HistoryDoor):
    """What a Studio is to its history. Rows and files are brought together at once, not behind."""

    def __init__(self, outputs: Path, step_budget: int = STEP_BUDGET) -> None:
        self.outputs = outputs
        self.storage = Storage(outputs)
        self.inputs = InputPictures(outputs / "inputs")
        self._room = HistoryRoom(self.storage, self.inputs, step_budget)
        self._room.step_keeper.start()
        self._room.rebuild.run()

    @property
    def database(self):
        return self._room.database

    @property
    def step_files(self) -> StepFiles:
        return StepFiles(self.outputs / "steps")

    def picture(self, entry: HistoryEntry) -> Path:
        """The PNG of an entry, wherever it lies."""
        path = self.storage.file(entry.name)
        assert path is not None
        return path

    def steps_file(self, entry: HistoryEntry) -> Path:
        return self.outputs / "steps" / entry.name.replace(".png", ".safetensors")

    def save(self, prompt: str = "a balloon", seed: int = 1, steps: int = 0, **changes) -> Archived:
        """Paint noise of 16 x 16 pixels and save it."""
        request = a_request(prompt, seed, **changes)
        pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        infotext = write_infotext(request, request.model.checkpoint_hash, None)
        return self._room.archive.save(request, pixels, infotext, some_steps(steps, seed))

    def add(self, *arguments, **changes) -> HistoryEntry:
        """The same, and its entry; the steps are written."""
        saved = self.save(*arguments, **changes)
        assert saved.path is not None
        assert saved.note == ""
        self.wait()
        entry = self.entry_of(f"{saved.path.parent.name}/{saved.path.name}")
        assert entry is not None
        return entry

    def close(self) -> None:
        self._room.close()

    def wait(self) -> None:
        self._room.step_keeper.wait()

    def all(self, query: HistoryQuery = EVERYTHING) -> list[HistoryEntry]:
        return self.history(query, limit=1000)


def a_request(prompt: str, seed: int, checkpoint: str = "storybook", **changes):
    return GenerationRequest(
        prompt=prompt, seed=seed, width=64, height=64, **changes,
        model=ModelChoice(checkpoint=checkpoint, checkpoint_hash="ab" * 32),
    )  # fmt: skip


def some_steps(count: int, seed: int = 0) -> list[KeptStep]:
    return [
        KeptStep(
            sigma=float(count - i),
            preview=b"\xff\xd8 step %d of %d" % (i, seed),
            latent=np.full((4, 8, 8), i, np.float16),
        )
        for i in range(count)
    ]
