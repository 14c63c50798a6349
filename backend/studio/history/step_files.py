"""The kept steps of a picture: one safetensors file in `outputs/steps/`, written whole.

`preview.N` is a step's JPEG as bytes (U8), `latent.N` its predicted clean latent (F16, of shape
(4, height / 8, width / 8)); N counts the steps from 0001, and either may be missing. The metadata's
`sigmas` is a JSON list of the noise levels before each step.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from backend.errors import ModelError
from backend.library.header import read_header
from backend.studio.storage import clear_partial, write_whole


@dataclass(frozen=True, kw_only=True)
class KeptStep:
    """A step as it is kept: noise level before it, preview (JPEG), predicted clean latent."""

    sigma: float
    preview: bytes | None
    latent: np.ndarray | None


class StepFiles:
    """The folder of kept steps; every picture's by the picture's name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, steps: Sequence[KeptStep]) -> int:
        """Keep a picture's steps; returns the file's bytes. Raises `OSError`."""
        tensors = {}
        for number, step in enumerate(steps, start=1):
            if step.preview is not None:
                tensors[f"preview.{number:04d}"] = np.frombuffer(step.preview, np.uint8)
            if step.latent is not None:
                tensors[f"latent.{number:04d}"] = step.latent
        content = save(tensors, {"sigmas": json.dumps([step.sigma for step in steps])})
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content, sync=False)
        return len(content)

    def read(self, name: str) -> list[KeptStep]:
        """A picture's steps; empty where none are kept or the file is damaged."""
        path = self._path(name)
        try:
            sigmas = _sigmas(path)
            tensors = load(path.read_bytes())
        except (OSError, ValueError, TypeError, KeyError, SafetensorError, ModelError):
            return []
        return [_step(tensors, number, sigma) for number, sigma in enumerate(sigmas, start=1)]

    def measure(self, name: str) -> tuple[int, int]:
        """How many steps are kept and in how many bytes, from the file's header; (0, 0) if none."""
        path = self._path(name)
        try:
            return len(_sigmas(path)), path.stat().st_size
        except (OSError, ValueError, TypeError, KeyError, ModelError):
            return 0, 0

    def delete(self, name: str) -> None:
        """Keep a picture's steps no longer; raises `OSError`."""
        self._path(name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """The names of all pictures with a file here; half-written files have none."""
        files = self._folder.glob("*/*.safetensors")
        return [f"{path.parent.name}/{path.stem}.png" for path in files]

    def clear_partial(self, before: float) -> None:
        """See `Storage.clear_partial`."""
        clear_partial(self._folder.glob("*/.*.partial"), before)

    def _path(self, name: str) -> Path:
        return self._folder / name.replace(".png", ".safetensors")


def _sigmas(path: Path) -> list[float]:
    return [float(sigma) for sigma in json.loads(read_header(path).metadata["sigmas"])]


def _step(tensors: dict[str, np.ndarray], number: int, sigma: float) -> KeptStep:
    preview = tensors.get(f"preview.{number:04d}")
    return KeptStep(
        sigma=sigma,
        preview=None if preview is None else preview.tobytes(),
        latent=tensors.get(f"latent.{number:04d}"),
    )
