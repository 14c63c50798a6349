"""The header of a safetensors file: names, types and shapes of its tensors, without the tensors.

Format: 8 bytes little-endian length, that many bytes of JSON, then the data
(https://github.com/huggingface/safetensors, "Format").
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

from backend.errors import ModelError

MAX_HEADER_BYTES = 100_000_000  # the format's own limit
_ITEM_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Header:
    """`shapes` maps each tensor's name to its shape; `data_bytes` is the length of the data."""

    shapes: dict[str, tuple[int, ...]]
    data_bytes: int


def read_header(path: Path) -> Header:
    """Read and check a header; raises `ModelError` with a sentence that names the fault."""
    try:
        with path.open("rb") as file:
            prefix = file.read(8)
            if len(prefix) < 8:
                raise ModelError(f"“{path.name}” is too short to be a safetensors file.")
            length = struct.unpack("<Q", prefix)[0]
            size = path.stat().st_size
            if not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
                raise ModelError(
                    f"“{path.name}” is not a safetensors file, or its beginning is damaged."
                )
            raw = file.read(length)
    except OSError as error:
        raise ModelError(f"“{path.name}” cannot be read: {error.strerror}.") from error
    return _parse(path, raw, size - 8 - length)


def _parse(path: Path, raw: bytes, data_bytes: int) -> Header:
    try:
        entries = json.loads(raw)
        entries.pop("__metadata__", None)
        spans = {name: _span(entry) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"The header of “{path.name}” is damaged.") from error
    end = max((stop for _, stop, _ in spans.values()), default=0)
    if end != data_bytes:
        raise ModelError(
            f"“{path.name}” is incomplete: {data_bytes:,} bytes of weights where its header "
            f"announces {end:,}. Download it again."
        )
    return Header({name: shape for name, (_, _, shape) in spans.items()}, data_bytes)


def _span(entry: dict) -> tuple[int, int, tuple[int, ...]]:
    """Start, end and shape of one tensor, checked against one another."""
    start, stop = entry["data_offsets"]
    shape = tuple(entry["shape"])
    items = 1
    for side in shape:
        if not isinstance(side, int) or side < 0:
            raise ValueError("a side of a tensor must be a whole number")
        items *= side
    if start < 0 or stop - start != items * _ITEM_BYTES[entry["dtype"]]:
        raise ValueError("a tensor's bytes do not match its shape")
    return start, stop, shape
