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
_CHUNK = 2**20  # bytes between two reports; a multiple of every number's size


class TensorFile:
    """An open safetensors file; raises `ModelError` where it cannot be read.

    The file stays the one that was opened, even if another takes its name meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._raw: list[torch.Tensor] = []
        self._wide: list[torch.Tensor] = []
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
        for place in range(0, size, _CHUNK):
            numbers = self._chunk(min(_CHUNK, size - place), own, dtype, watch)
            tensor[place // own.itemsize :][: len(numbers)] = numbers
        return tensor

    def _laid_out(
        self, shape: tuple[int, ...], own: torch.dtype, dtype: torch.dtype, watch: Watch
    ) -> torch.Tensor:
        """Converted and laid out some rows at a time, while they are in the processor's cache."""
        tensor = torch.empty(shape, dtype=dtype, memory_format=torch.channels_last)
        row = math.prod(shape[1:]) * own.itemsize
        rows = max(1, _CHUNK // row)
        for first in range(0, shape[0], rows):
            part = tensor[first : first + rows]
            part.copy_(self._chunk(len(part) * row, own, dtype, watch).view(part.shape))
        return tensor

    def _chunk(self, size: int, own: torch.dtype, dtype: torch.dtype, watch: Watch) -> torch.Tensor:
        """The next bytes as numbers, to be copied into a tensor of `dtype` before the next call.

        From fp16 to bf16 they go by way of fp32, which torch does in half the time (measured: 0.5
        against 1.0 ns a number on two cores).
        """
        raw = _scratch(self._raw, size)
        self._fill(raw.numpy().data, watch)
        numbers = raw.view(own)
        if {own, dtype} != {torch.float16, torch.bfloat16}:
            return numbers
        return _scratch(self._wide, 4 * len(numbers)).view(torch.float32).copy_(numbers)

    def _fill(self, memory: memoryview, watch: Watch) -> None:
        place = 0
        while place < len(memory):
            count = self._file.readinto(memory[place : place + _CHUNK])  # type: ignore[attr-defined]
            if not count:
                raise ModelError(f"“{self.name}” was changed while it was being read.")
            place += count
            watch.add(count)


def _scratch(kept: list[torch.Tensor], size: int) -> torch.Tensor:
    """So many bytes of a memory that is used over and over: a new one would cost page by page."""
    if not kept or len(kept[0]) < size:
        kept[:] = [torch.empty(size, dtype=torch.uint8)]
    return kept[0][:size]


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
