"""The header of a safetensors file: names, types and shapes of its tensors, without the tensors.

Format: 8 bytes little-endian length, that many bytes of JSON, then the data
(https://github.com/huggingface/safetensors, "Format").
"""

from __future__ import annotations

import json
import math
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from backend.errors import ModelError

# The format allows 100 MB; the header of a large checkpoint has a fifth of one. A hundred megabytes
# of hostile JSON would take gigabytes of memory merely to list a folder.
MAX_HEADER_BYTES = 16_000_000
MAX_SIDES = 8
ITEM_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One tensor: its number format as safetensors spells it, its shape, its place in the data."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


@dataclass(frozen=True)
class Header:
    """What a file says of itself; `data_start` is the offset of the first tensor in the file."""

    entries: dict[str, Entry]
    metadata: dict[str, str]
    data_start: int

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Each tensor's shape by its name."""
        return {name: entry.shape for name, entry in self.entries.items()}

    def numbers(self, prefixes: tuple[str, ...] = ("",)) -> int:
        """How many numbers the tensors hold whose names begin with one of these."""
        entries = (entry for name, entry in self.entries.items() if name.startswith(prefixes))
        return sum(math.prod(entry.shape) for entry in entries)


def read_header(path: Path) -> Header:
    """Read and check a header; raises `ModelError` with a sentence that names the fault."""
    with open_model_file(path) as file:
        return header_of(file, path.name)


def open_model_file(path: Path) -> BinaryIO:
    """Open a file for reading without a buffer; raises `ModelError`."""
    try:
        # Asked before opening: opening a pipe would wait for its writer for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise ModelError(f"“{path.name}” is not a file.")
        return path.open("rb", buffering=0)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not possible"
        raise ModelError(f"“{path.name}” cannot be read: {reason}.") from error


def header_of(file: BinaryIO, name: str) -> Header:
    """The header of an open file, which is left at the first tensor; raises `ModelError`."""
    try:
        size = file.seek(0, 2)
        file.seek(0)
        prefix = file.read(8)
        if len(prefix) < 8:
            raise ModelError(f"“{name}” is too short to be a safetensors file.")
        length = struct.unpack("<Q", prefix)[0]
        if not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
            raise ModelError(f"“{name}” is not a safetensors file, or its beginning is damaged.")
        raw = file.read(length)
    except OSError as error:
        raise ModelError(f"“{name}” cannot be read: {error.strerror}.") from error
    return _parse(name, raw, size - 8 - length)


def _parse(name: str, raw: bytes, data_bytes: int) -> Header:
    try:
        content = json.loads(raw)
        metadata = content.pop("__metadata__", None) or {}
        entries = {str(key): _entry(value) for key, value in content.items()}
        texts = {str(key): str(value) for key, value in metadata.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"The header of “{name}” is damaged.") from error
    _check_spans(name, entries, data_bytes)
    return Header(entries, texts, 8 + len(raw))


def _entry(value: dict) -> Entry:
    """One tensor's description, its parts checked against one another."""
    start, stop = value["data_offsets"]
    shape = tuple(value["shape"])
    if len(shape) > MAX_SIDES:
        raise ValueError("no tensor of a model has so many sides")
    items = 1
    for side in shape:
        if type(side) is not int or not 0 <= side < 2**40:
            raise ValueError("a side of a tensor must be a whole number")
        items *= side
    if type(start) is not int or start < 0 or stop - start != items * ITEM_BYTES[value["dtype"]]:
        raise ValueError("a tensor's bytes do not match its shape")
    return Entry(value["dtype"], shape, start, stop)


def _check_spans(name: str, entries: dict[str, Entry], data_bytes: int) -> None:
    """The tensors must fill the data exactly: no gap, no overlap, nothing after them."""
    end = max((entry.stop for entry in entries.values()), default=0)
    if end != data_bytes:
        raise ModelError(
            f"“{name}” is incomplete: {data_bytes:,} bytes of weights where its header "
            f"announces {end:,}. Download it again."
        )
    place = 0
    for entry in sorted(entries.values(), key=lambda each: (each.start, each.stop)):
        if entry.start != place:
            raise ModelError(f"The header of “{name}” is damaged: its tensors overlap.")
        place = entry.stop
