"""What a picture's PNG holds beside its infotext, so that the history can be rebuilt from it.

The text chunk `atelier` is a line of JSON: `request` (see `backend.request_json`), `created` (unix
seconds), `parent` (a picture's name or null), `pixels` (see `pixels_hash`) and `depth_map` (the
hash of the kept one that was estimated, or "").
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

import numpy as np

from backend.errors import InvalidRequest
from backend.request import GenerationRequest, clean_text
from backend.request_json import request_from_json, request_to_json

CHUNK_KEY = "atelier"
_HASH = re.compile(r"[0-9a-fA-F]{0,64}")
_YEAR_10000 = 253_402_300_800  # in unix seconds


@dataclass(frozen=True, kw_only=True)
class Making:
    """How a picture came about; `parent` is a name, `pixels` the picture's own hash."""

    request: GenerationRequest
    created: float
    parent: str | None
    pixels: str
    depth_map: str = ""


def write_making(making: Making) -> str:
    """The chunk's text."""
    values = {
        "request": json.loads(request_to_json(making.request)),
        "created": making.created,
        "parent": making.parent,
        "pixels": making.pixels,
        "depth_map": making.depth_map,
    }
    return clean_text(json.dumps(values, ensure_ascii=False, separators=(",", ":")))


def read_making(text: str) -> Making | None:
    """The chunk's content; None where it is not one, as anyone may write a PNG."""
    try:
        values = json.loads(text)
        parent = values["parent"]
        making = Making(
            request=request_from_json(json.dumps(values["request"])),
            created=float(values["created"]),
            parent=str(parent) if parent else None,
            pixels=str(values["pixels"]),
            depth_map=str(values.get("depth_map", "")),
        )
        return making if _can_be_kept(making) else None
    except (
        ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError,
        InvalidRequest,
    ):  # fmt: skip
        return None


def _can_be_kept(making: Making) -> bool:
    """Whether the database can hold it and the gallery show it.

    Raises `UnicodeEncodeError` where the request holds half a character.
    """
    request_to_json(making.request).encode()
    hashes = (making.pixels, making.depth_map, *_hashes(making.request))
    return 0 <= making.created < _YEAR_10000 and all(map(_HASH.fullmatch, hashes))


def _hashes(request: GenerationRequest) -> list[str]:
    """Of the checkpoint and of every picture that it was painted from."""
    pictures = (getattr(request.task, name, None) for name in ("picture", "mask", "depth"))
    return [request.model.checkpoint_hash, *(each.sha256 for each in pictures if each)]


def pixels_hash(pixels: np.ndarray) -> str:
    """sha256 (64 hex digits) of a uint8 RGB picture (height, width, 3), however it is stored."""
    digest = hashlib.sha256(f"{pixels.shape[1]}x{pixels.shape[0]}:".encode())
    digest.update(np.ascontiguousarray(pixels).tobytes())
    return digest.hexdigest()
