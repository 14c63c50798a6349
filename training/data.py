"""Render the scenes of seeds 0, 1, 2 ... once, into one file: ``python -m training.data``."""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from .paths import RUNS
from .scenes import scene
from .scenes.canvas import SIZE

_CHUNK = 50


def pictures_file(first: int) -> Path:
    """The file with the pictures from this seed on."""
    return RUNS / "scenes" / f"from-{first}.npy"


def render_range(first: int, count: int, workers: int) -> np.ndarray:
    """Pictures uint8 (count, 256, 256, 3) of the seeds from `first`, kept on disk."""
    path = pictures_file(first)
    if path.exists():
        pictures = np.load(path, mmap_mode="r")
        if len(pictures) >= count:
            return pictures[:count]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    shape = (count, SIZE, SIZE, 3)
    pictures = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=shape)
    _fill(pictures, first, workers)
    pictures.flush()
    partial.replace(path)
    return pictures


def _fill(pictures: np.ndarray, first: int, workers: int) -> None:
    start, count = time.monotonic(), len(pictures)
    starts = range(0, count, _CHUNK)
    sizes = [min(_CHUNK, count - s) for s in starts]
    with ProcessPoolExecutor(workers) as pool:
        chunks = pool.map(_render, [first + s for s in starts], sizes)
        for s, chunk in zip(starts, chunks, strict=True):
            pictures[s : s + len(chunk)] = chunk
            done = s + len(chunk)
            if done % 1000 < _CHUNK:
                left = (time.monotonic() - start) / done * (count - done)
                print(f"rendered {done} of {count}, {left:.0f} s left", flush=True)


def _render(first: int, count: int) -> np.ndarray:
    cv2.setNumThreads(1)
    return np.stack([scene(seed, 1).picture for seed in range(first, first + count)])


def main() -> None:
    """Render the training scenes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=24_000)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    render_range(args.first, args.count, args.workers)


if __name__ == "__main__":
    main()
