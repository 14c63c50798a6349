"""From one published layout to the other: a diffusers folder, or a single file.

Weights keep their number format and every bit. What a model does not paint with is left out, and
said: EMA copies, a training state, the depth estimator of a depth model.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from backend.errors import ModelError
from backend.library.choices import Choices
from backend.library.convert.folder import write_folder
from backend.library.convert.single_file import write_single_file
from backend.library.header import read_header
from backend.library.pickles import safetensors_of
from backend.library.prediction import tell_prediction
from backend.library.telling import PICKLES, tell
from backend.library.watch import Watch


def convert(source: Path, target: Path, watch: Watch | None = None) -> list[str]:
    """Write a model in the layout that the target's name asks for; returns notes, a sentence each.

    A target that ends in `.safetensors` is a single file, any other a diffusers folder. A pickle
    becomes a safetensors file with the same names, or a folder. Raises `ModelError` and `Stopped`,
    and then leaves no target behind.
    """
    watch = watch or Watch()
    _check_target(source, target)
    to_file = target.suffix == ".safetensors"
    if source.suffix.lower() in PICKLES:
        return _convert_pickle(source, target, watch)
    if source.is_dir():
        if not to_file:
            raise ModelError(f"“{source.name}” is a folder already; give a .safetensors file.")
        return write_single_file(tell(source).spec, target, watch)
    if to_file:
        raise ModelError(f"“{source.name}” is a single file already; give a folder's name.")
    return write_folder(tell(source).spec, target, watch)


def _convert_pickle(source: Path, target: Path, watch: Watch) -> list[str]:
    with ExitStack() as files:
        safe = files.enter_context(safetensors_of(source, watch, near=target.parent))
        if target.suffix == ".safetensors":
            shutil.move(safe, target)
            return []
        spec = tell(safe).spec
        # The yaml that says how it predicts lies beside the pickle.
        told = tell_prediction(source, read_header(safe), "", Choices())
        return write_folder(replace(spec, prediction=told.prediction), target, watch)


def _check_target(source: Path, target: Path) -> None:
    if not source.exists():
        raise ModelError(f"There is no “{source.name}”.")
    if target.exists():
        raise ModelError(f"“{target.name}” exists already; nothing was written.")
    if not target.parent.is_dir():
        raise ModelError(f"There is no folder “{target.parent.name}” to write to.")
    needed = _size(source)
    free = shutil.disk_usage(target.parent).free
    if free < needed:
        raise ModelError(
            f"The disk has {free / 1e9:.1f} GB free; {needed / 1e9:.1f} GB may be needed."
        )


def _size(path: Path) -> int:
    files = path.rglob("*.safetensors") if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files)
