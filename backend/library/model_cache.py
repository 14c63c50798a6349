"""Recently used models, kept in memory up to a number of bytes; the least recently used goes first.

A swap back to a kept model is a lookup. What is dropped is really given back to the system.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from backend.errors import ModelError
from backend.library.hashing import identity
from backend.library.telling import weight_file
from backend.models import ModelSpec

Model = TypeVar("Model")
PARTS = ("unet", "vae", "text_encoder", "scheduler", "tokenizer")  # of a diffusers folder
SHARE_OF_FREE_MEMORY = 0.5  # the rest is for painting, and for the artist's other programs


class ModelCache(Generic[Model]):
    """Loaded models by a key; used by one thread, the one that loads.

    `size_of` gives a model's bytes; `budget` bounds their sum in bytes, by default half of the
    memory that is free now. The model used last is kept even where it alone exceeds the budget.
    """

    def __init__(self, size_of: Callable[[Model], int], budget: int | None = None) -> None:
        self._size_of = size_of
        self.budget = int(free_memory() * SHARE_OF_FREE_MEMORY) if budget is None else budget
        self._models: OrderedDict[Hashable, Model] = OrderedDict()

    def get(self, key: Hashable, load: Callable[[], Model], expected: int = 0) -> Model:
        """The model of that key, loaded where it is not kept; lets an error of `load` through.

        Room for `expected` bytes is made before loading. The model used last stays until another
        has been loaded, so that a failed load leaves it usable.
        """
        if key not in self._models:
            self._make_room(expected)
            self._models[key] = load()
        self._models.move_to_end(key)
        self._make_room(0)
        return self._models[key]

    def __contains__(self, key: Hashable) -> bool:
        return key in self._models

    @property
    def used(self) -> int:
        """The bytes of all kept models."""
        return sum(self._size_of(model) for model in self._models.values())

    def clear(self) -> None:
        """Drop everything."""
        self._models.clear()
        give_back_memory()

    def _make_room(self, more: int) -> None:
        dropped = False
        while len(self._models) > 1 and self.used + more > self.budget:
            self._models.popitem(last=False)
            dropped = True
        if dropped:
            give_back_memory()


def cache_key(spec: ModelSpec) -> Hashable:
    """What tells a checkpoint's present content apart: its files, and how it predicts.

    Of a folder these are each part's weights and configuration, so that a VAE exchanged alone is
    noticed. Raises `ModelError` where the files are gone.
    """
    weight_file(spec.path)
    try:
        files = sorted(_files_of(spec.path))
        return *(identity(file) for file in files), spec.prediction
    except OSError as error:
        raise ModelError(f"“{spec.name}” cannot be read: {error.strerror}.") from error


def _files_of(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for part in PARTS:
        for kind in ("*.safetensors", "*.json"):
            yield from (path / part).glob(kind)


def spare_what_stays() -> None:
    """Let later collections pass over all that is there now, such as the imported libraries.

    To be called once, before models are loaded: every swap waits for a collection, which would
    look at a million objects of those libraries each time.
    """
    gc.collect()
    gc.freeze()


def give_back_memory() -> None:
    """Return freed memory to the system: Python's cycles first, then torch's and C's reserves."""
    gc.collect()
    torch = sys.modules.get("torch")  # not imported here: the page starts before it is
    if torch:
        torch.cuda.empty_cache()  # does nothing where no CUDA device is in use
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc alone has it
        if trim:
            trim(0)


def free_memory() -> int:
    """Bytes of main memory that programs can still take."""
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # not Linux
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return 4 * 2**30
