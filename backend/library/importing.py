"""A file that the artist dropped on the page, into the folder where its kind belongs."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from pathlib import Path

from backend.errors import ModelError
from backend.library.families import CONTENTS, FOLDERS, content_of
from backend.library.header import read_header

MAX_NAME = 120
_SUFFIX = ".safetensors"


def import_file(models: Path, source: Path, name: str) -> Path:
    """Copy a safetensors file into the models folder, and return where it lies.

    `name` is what the artist's machine calls it and is not trusted: folders in it are dropped, and
    what is no letter, digit or common sign becomes an underscore. Its header is checked, and what
    it holds decides the folder; nothing is written over. Raises `ModelError`.
    """
    plain = safe_name(name)
    content = content_of(read_header(source))
    if content not in FOLDERS:
        raise ModelError(f"“{plain}” is {CONTENTS[content]}, and of no use here.")
    target = models / FOLDERS[content] / plain
    draft = target.with_name(f".{secrets.token_hex(4)}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, draft)
        read_header(draft)  # of the copy, for the source may have changed
        _put(draft, target)
    except OSError as error:
        raise ModelError(f"“{plain}” could not be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)
    return target


def safe_name(name: str) -> str:
    """A name that is a name on every system; raises `ModelError` for other than safetensors."""
    last = re.split(r"[/\\]", name)[-1]
    if not last.lower().endswith(_SUFFIX):
        raise ModelError("Only safetensors files can be dropped here; convert others first.")
    stem = re.sub(r"[^\w.+() -]", "_", last[: -len(_SUFFIX)]).strip(". ")[:MAX_NAME]
    return f"{stem or 'unnamed'}{_SUFFIX}"


def _put(draft: Path, target: Path) -> None:
    if target.exists():
        raise ModelError(f"“{target.name}” is in models/{target.parent.name} already.")
    os.replace(draft, target)
