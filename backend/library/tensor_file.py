"""Tensors of a safetensors file, each read alone into memory of its own.

The file is read, never mapped: a memory-mapped file that is truncated meanwhile would kill the
process. Only what is asked for is read, so that the EMA copies of a checkpoint cost nothing.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Self

import safetensors.torch
import torch

from backend.errors import ModelError
from backend.library.header import Entry, header_of, open_model_file
from backend.library.layouts.piece import Piece
from backend.library.watch import Watch

Tensors = dict[str, torch.Tensor]

DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U64": torch.uint64, "U32": torch.uint32, "U16": torch.uint16, "U8": torch.uint8,
    "BOOL": torch.bool,
}  # fmt: skip
_CHUNK = 4 * 2**20  # bytes between two reports; a multiple of every number's size


class TensorFile:
    """An open safetensors file; raises `ModelError` where it cannot be read.

    The file stays the one that was opened, even if another takes its name meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._file = open_model_file(path)
        try:
            self.header = header_of(self._file, path.name)
        except ModelError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def shape(self, piece: Piece) -> tuple[int, ...] | None:
        """The shape of a piece; None where the file has no such tensor or it has other rows."""
        entry = self.header.entries.get(piece.name)
        if entry is None or piece.blocks == 1:
            return entry.shape if entry else None
        if not entry.shape or entry.shape[0] % piece.blocks:
            return None
        return (entry.shape[0] // piece.blocks, *entry.shape[1:])

    def size(self, piece: Piece) -> int:
        """The piece's bytes in the file."""
        entry = self.header.entries[piece.name]
        return (entry.stop - entry.start) // piece.blocks

    def read(
        self,
        piece: Piece,
        watch: Watch,
        dtype: torch.dtype | None = None,
        channels_last: bool = False,
    ) -> torch.Tensor:
        """One piece in private memory, in the file's own number format or in `dtype`.

        With `channels_last` a convolution's weights are laid out so as they are read.
        """
        entry, size = self.header.entries[piece.name], self.size(piece)
        own, shape = DTYPES[entry.dtype], self.shape(piece) or ()
        try:
            self._file.seek(self.header.data_start + entry.start + piece.block * size)
            if channels_last and len(shape) == 4 and shape[2:] != (1, 1):
                return self._laid_out(shape, own, dtype or own, watch)
            if dtype in (None, own):
                tensor = self._as_it_is(size, watch).view(own)
            else:
                tensor = self._converted(size, own, dtype, watch)
        except OSError as error:
            raise ModelError(f"“{self.name}” cannot be read: {error.strerror}.") from error
        return tensor.reshape(shape)

    def _as_it_is(self, size: int, watch: Watch) -> torch.Tensor:
        memory = torch.empty(size, dtype=torch.uint8)
        self._fill(memory.numpy().data, watch)
        return memory

    def _converted(
        self, size: int, own: torch.dtype, dtype: torch.dtype, watch: Watch
    ) -> torch.Tensor:
        """Converted chunk by chunk: no second copy of a large tensor is ever in memory."""
        tensor = torch.empty(size // own.itemsize, dtype=dtype)
        scratch = torch.empty(min(size, _CHUNK), dtype=torch.uint8)
        for place in range(0, size, _CHUNK):
            chunk = scratch[: min(_CHUNK, size - place)]
            self._fill(chunk.numpy().data, watch)
            numbers = chunk.view(own)
            tensor[place // own.itemsize :][: len(numbers)] = numbers
        return tensor

    def _laid_out(
        self, shape: tuple[int, ...], own: torch.dtype, dtype: torch.dtype, watch: Watch
    ) -> torch.Tensor:
        """Converted and laid out some rows at a time, while they are in the processor's cache."""
        tensor = torch.empty(shape, dtype=dtype, memory_format=torch.channels_last)
        row = math.prod(shape[1:]) * own.itemsize
        rows = max(1, _CHUNK // row)
        scratch = torch.empty(min(rows, shape[0]) * row, dtype=torch.uint8)
        for first in range(0, shape[0], rows):
            part = tensor[first : first + rows]
            chunk = scratch[: len(part) * row]
            self._fill(chunk.numpy().data, watch)
            part.copy_(chunk.view(own).view(part.shape))
        return tensor

    def _fill(self, memory: memoryview, watch: Watch) -> None:
        place = 0
        while place < len(memory):
            count = self._file.readinto(memory[place : place + _CHUNK])  # type: ignore[attr-defined]
            if not count:
                raise ModelError(f"“{self.name}” was changed while it was being read.")
            place += count
            watch.add(count)


def is_number(entry: Entry) -> bool:
    """Whether a tensor holds ordinary floating-point weights."""
    return entry.dtype in ("F64", "F32", "F16", "BF16")


def read_tensors(path: Path, watch: Watch | None = None) -> Tensors:
    """All tensors of a safetensors file, in private memory; raises `ModelError`."""
    watch = watch or Watch()
    with TensorFile(path) as file:
        return {name: file.read(Piece(name), watch) for name in file.header.entries}


def save_tensors(tensors: Tensors, path: Path, metadata: dict[str, str]) -> None:
    """Write a safetensors file; raises `OSError` and `safetensors.SafetensorError`."""
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    safetensors.torch.save_file(contiguous, path, metadata)
    path.chmod(0o644)  # the library makes it readable to its owner alone
