"""Pickles (`.ckpt`, `.pt`, `.bin`): a format that can carry programs, opened in one way only.

A process of its own, with bounds on memory and time, loads the file with `weights_only=True` and
writes what tensors it finds as safetensors; this process reads that and never the pickle.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backend.errors import ModelError
from backend.library.header import open_model_file
from backend.library.watch import Watch

_CHILD = Path(__file__).with_name("child.py")
_PASSING = ("time", "memory", "died")  # answers that a busy or crowded machine gives too
_KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR", "LANG")


@dataclass(frozen=True)
class Limits:
    """What opening a pickle may take: bytes of memory beyond torch's own, of a file, seconds."""

    memory: int
    written: int
    seconds: int

    @classmethod
    def of(cls, path: Path) -> Limits:
        """Enough for any honest file: a few copies of it, and a slow disk."""
        size = path.stat().st_size
        # The tensors are hardly larger than the file, unless it was made to unfold.
        return cls(
            memory=4 * size + 2**30, written=2 * size + 2**20, seconds=60 + size // 20_000_000
        )


@contextmanager
def safetensors_of(
    path: Path, watch: Watch | None = None, limits: Limits | None = None, near: Path | None = None
) -> Iterator[Path]:
    """The tensors of a pickle as a safetensors file, which is removed afterwards.

    A dictionary under "state_dict" is taken out; other values keep their place as a name, with
    slashes. `near` is the folder to work in, by default the system's for temporary files. Raises
    `ModelError` with one sentence, and `Stopped`.
    """
    _check_beginning(path)
    with tempfile.TemporaryDirectory(prefix=".atelier-", dir=near) as folder:
        target = Path(folder) / f"{path.stem}.safetensors"
        _open(path, target, limits or Limits.of(path), watch or Watch())
        yield target


def _check_beginning(path: Path) -> None:
    """What torch writes is a zip archive or, from old versions, a pickle of protocol 2."""
    with open_model_file(path) as file:
        if not file.read(4).startswith((b"PK\x03\x04", b"\x80\x02")):
            raise ModelError(_sentence(path.name, "damaged"))


def _open(source: Path, target: Path, limits: Limits, watch: Watch) -> None:
    command = [
        *(sys.executable, "-I", str(_CHILD)),
        *(str(source.resolve()), str(target)),
        *(str(limits.memory), str(limits.written), str(limits.seconds)),
    ]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        cwd=target.parent,
    ) as process:
        try:
            words = _answer(process, time.monotonic() + limits.seconds, watch)
        finally:
            process.kill()
    if words != "done":
        raise ModelError(_sentence(source.name, words), passing=words in _PASSING)


def _environment() -> dict[str, str]:
    """Only what Python needs to start; secrets of the environment stay out of its reach."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "OMP_NUM_THREADS": "1"}


def _answer(process: subprocess.Popen[bytes], deadline: float, watch: Watch) -> str:
    while process.poll() is None:
        watch.check()
        if time.monotonic() > deadline:
            return "time"
        time.sleep(0.05)
    assert process.stdout
    return process.stdout.read(200).decode("utf-8", "replace").strip() or "died"


def _sentence(name: str, words: str) -> str:
    reason, _, detail = words.partition(" ")
    return {
        "unsafe": f"“{name}” carries a program ({detail}) beside its weights; it was not run and "
        "will not be opened. Look for a safetensors file of it.",
        "memory": f"“{name}” asks for far more memory than a file of its size should.",
        "time": f"“{name}” took too long to open and was given up.",
        "empty": f"“{name}” holds no weights.",
    }.get(reason, f"“{name}” is damaged, or is not a model file.")
