"""What any adapter file holds: tensors by name, and texts beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from backend.errors import ModelError
from backend.library.families import fitting_model
from backend.library.header import read_header
from backend.library.pickles import safetensors_of
from backend.library.telling import PICKLES
from backend.library.tensor_file import Tensors, read_tensors

MAX_BYTES = 2 * 2**30  # the largest LoRAs have a few hundred megabytes


@dataclass(frozen=True)
class Source:
    """The tensors of a file and its texts; of a pickle, texts are plain values as JSON."""

    tensors: Tensors
    texts: dict[str, str]


def read_source(path: Path) -> Source:
    """Read an adapter, a pickle through its own process; raises `ModelError`."""
    if path.suffix.lower() in PICKLES:
        with safetensors_of(path) as safe:
            return _read(safe)
    return _read(path)


def finite(tensor: torch.Tensor, path: Path) -> torch.Tensor:
    """The tensor in fp32; raises `ModelError` where it is none of ordinary numbers."""
    if not tensor.is_floating_point():
        raise ModelError(f"“{path.name}” holds something other than weights.")
    tensor = tensor.to(torch.float32)
    if not tensor.isfinite().all():
        raise ModelError(f"“{path.name}” is damaged: it holds numbers that are not finite.")
    return tensor


def check_width(name: str, width: int, wanted: int) -> None:
    """Raise `ModelError`, saying which model it fits, where text widths differ."""
    if width != wanted:
        raise ModelError(
            f"“{name}” fits {fitting_model(width)} (text embeddings of {width} values); "
            f"this model takes {wanted}."
        )


def _read(path: Path) -> Source:
    header = read_header(path)
    if sum(entry.stop - entry.start for entry in header.entries.values()) > MAX_BYTES:
        raise ModelError(f"“{path.name}” is far too large for an adapter.")
    return Source(read_tensors(path), header.metadata)
