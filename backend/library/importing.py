"""A file that the artist dropped on the page, into the folder where its kind belongs."""

from __future__ import annotations

import os
import re
from pathlib import Path

from backend.errors import ModelError
from backend.library.families import CONTENTS, FOLDERS, content_of, tell_single_file
from backend.library.header import Header, header_of, open_model_file

MAX_NAME = 120
_SUFFIX = ".safetensors"


def import_file(models: Path, draft: Path, name: str) -> Path:
    """Move a safetensors file into the models folder, and return where it lies.

    `draft` is ours alone and lies on the same disk. `name` is what the artist's machine calls it
    and is not trusted: folders in it are dropped, and what is no letter, digit or common sign
    becomes an underscore. Its header is checked, and what it holds decides the folder; nothing is
    written over. Raises `ModelError`, and then the draft stays where it is.
    """
    plain = safe_name(name)
    header = _header(draft, plain)
    content = content_of(header)
    if content == "checkpoint":
        tell_single_file(header, plain)
    if content not in FOLDERS:
        raise ModelError(f"“{plain}” is {CONTENTS[content]}, and of no use here.")
    target = models / FOLDERS[content] / plain
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _move(draft, target)
    except FileExistsError as error:
        raise ModelError(f"“{plain}” is in models/{target.parent.name} already.") from error
    except OSError as error:
        raise ModelError(f"“{plain}” could not be written: {error.strerror}.") from error
    return target


def _move(draft: Path, target: Path) -> None:
    """Move a file, never over another one: raises `FileExistsError`, and other `OSError`s."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links, such as FAT: an empty file takes the name first
        target.touch(exist_ok=False)
        try:
            os.replace(draft, target)
        except OSError:
            target.unlink()
            raise
    else:
        draft.unlink()


def _header(draft: Path, plain: str) -> Header:
    with open_model_file(draft) as file:
        return header_of(file, plain)


def safe_name(name: str) -> str:
    """A name that is a name on every system; raises `ModelError` for other than safetensors."""
    last = re.split(r"[/\\]", name)[-1]
    if not last.lower().endswith(_SUFFIX):
        raise ModelError("Only safetensors files can be dropped here; convert others first.")
    stem = re.sub(r"[^\w.+() -]", "_", last[: -len(_SUFFIX)]).strip(". ")[:MAX_NAME]
    return f"{stem or 'unnamed'}{_SUFFIX}"
