"""Render the scenes of seeds 0, 1, 2 ... once, into files: ``python -m training.data``."""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from .paths import RUNS
from .scenes import Scene, scene
from .scenes.attributes import COLOURS, KINDS
from .scenes.canvas import SIZE

# The cells of a picture that are told apart when it is asked what stands where.
CELLS = 16
ALL_COLOURS = tuple(sorted({colour for each in COLOURS.values() for colour in each}))
_CHUNK = 50


@dataclass(frozen=True)
class _View:
    """What of a scene is kept: uint8 of this shape; the beginning of its files' names."""

    name: str
    shape: tuple[int, ...]
    of: Callable[[Scene], np.ndarray]


def _depth(made: Scene) -> np.ndarray:
    return np.round(made.depth * 255).astype(np.uint8)


def _picture(made: Scene) -> np.ndarray:
    return made.picture


def _things(made: Scene) -> np.ndarray:
    """For each cell the numbers of the kind and colour of the thing that covers most of it."""
    cells = np.zeros((2, CELLS, CELLS), np.uint8)
    for thing, mask in zip(made.attributes.things, made.masks, strict=True):
        covered = cv2.resize(mask, (CELLS, CELLS), interpolation=cv2.INTER_AREA) > 0.4
        cells[0, covered] = KINDS.index(thing.kind) + 1
        cells[1, covered] = ALL_COLOURS.index(thing.colour) + 1 if thing.colour else 0
    return cells


_PICTURES = _View("from", (SIZE, SIZE, 3), _picture)
_DEPTHS = _View("depth-from", (SIZE, SIZE), _depth)
_THINGS = _View("things-from", (2, CELLS, CELLS), _things)


def render_range(first: int, count: int, workers: int) -> np.ndarray:
    """Pictures uint8 (count, 256, 256, 3) of the seeds from `first`, kept on disk."""
    return _rendered(_PICTURES, first, count, workers)


def depth_range(first: int, count: int, workers: int) -> np.ndarray:
    """Their exact relative inverse depth, uint8 (count, 256, 256), 255 near, kept on disk."""
    return _rendered(_DEPTHS, first, count, workers)


def things_range(first: int, count: int, workers: int) -> np.ndarray:
    """What stands where, uint8 (count, 2, 16, 16): kinds and colours, 0 for none, kept on disk.

    Numbers are places in KINDS and ALL_COLOURS, from 1 on.
    """
    return _rendered(_THINGS, first, count, workers)


def _rendered(view: _View, first: int, count: int, workers: int) -> np.ndarray:
    path = RUNS / "scenes" / f"{view.name}-{first}.npy"
    if path.exists():
        kept = np.load(path, mmap_mode="r")
        if len(kept) >= count:
            return kept[:count]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    kept = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=(count, *view.shape))
    _fill(kept, view, first, workers)
    kept.flush()
    partial.replace(path)
    return kept


def _fill(kept: np.ndarray, view: _View, first: int, workers: int) -> None:
    start, count = time.monotonic(), len(kept)
    starts = range(0, count, _CHUNK)
    sizes = [min(_CHUNK, count - s) for s in starts]
    with ProcessPoolExecutor(workers) as pool:
        chunks = pool.map(_render, [view] * len(sizes), [first + s for s in starts], sizes)
        for s, chunk in zip(starts, chunks, strict=True):
            kept[s : s + len(chunk)] = chunk
            done = s + len(chunk)
            if done % 1000 < _CHUNK:
                left = (time.monotonic() - start) / done * (count - done)
                print(f"rendered {done} of {count}, {left:.0f} s left", flush=True)


def _render(view: _View, first: int, count: int) -> np.ndarray:
    cv2.setNumThreads(1)
    return np.stack([view.of(scene(seed, 1)) for seed in range(first, first + count)])


def main() -> None:
    """Render the training scenes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=12_000)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    render_range(args.first, args.count, args.workers)
    depth_range(args.first, args.count, args.workers)
    things_range(args.first, args.count, args.workers)


if __name__ == "__main__":
    main()
