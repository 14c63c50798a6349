"""Small JSON files: read with suspicion, written whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from backend.errors import ModelError

MAX_JSON_BYTES = 8_000_000  # a CLIP vocabulary has 0.9 MB


def read_text(path: Path, limit: int = MAX_JSON_BYTES) -> str:
    """The text of a file; raises `ModelError` where it is missing, damaged or too large."""
    name = f"{path.parent.name}/{path.name}"
    try:
        if path.stat().st_size > limit:
            raise ModelError(f"{name} is far too large for what it should be.")
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ModelError(f"{name} is missing or damaged.") from error


def read_json(path: Path) -> dict:
    """A JSON object from a small file; raises `ModelError` with a sentence naming the file."""
    try:
        value = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path.parent.name}/{path.name} is missing or damaged.") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path.parent.name}/{path.name} does not hold a JSON object.")
    return value


def write_json(path: Path, value: object) -> None:
    """Replace a file by a JSON value in one stroke; raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    draft.write_text(json.dumps(value, indent=1, sort_keys=True), "utf-8")
    os.replace(draft, path)
