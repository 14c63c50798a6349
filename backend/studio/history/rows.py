"""A picture as a row of the table `pictures`, and a row as an entry."""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from pathlib import Path
from typing import Any

from PIL import Image

from backend.request import clean_text
from backend.request_json import request_to_json
from backend.studio.history.chunk import CHUNK_KEY, Making, read_making
from backend.studio.history.names import id_of
from backend.studio.history.search import searchable
from backend.studio.history.values import HistoryEntry
from backend.studio.picture_settings import PictureSettings, read_settings
from backend.studio.storage import INFOTEXT_KEY
from backend.tasks import DepthToImage, Inpaint, Task, TextToImage

Row = dict[str, Any]
ENTRY_COLUMNS = ", ".join(f"pictures.{field.name}" for field in fields(HistoryEntry))
_FLAGS = ("favourite", "deleted")


def entry(row: sqlite3.Row) -> HistoryEntry:
    """The entry of a row with `ENTRY_COLUMNS`."""
    values: Row = dict(row)
    for flag in _FLAGS:
        values[flag] = bool(values[flag])
    return HistoryEntry(**values)


def new_row(
    name: str, infotext: str, size: tuple[int, int], making: Making | None, written: float
) -> Row | None:
    """The row of a picture of `size` (width, height) pixels; None where its name is no such name.

    `written` (unix seconds) stands for the time of a picture without a `Making`.
    """
    picture = id_of(name)
    if picture is None:
        return None
    infotext = clean_text(infotext)
    told = read_settings(infotext)
    made = _from_making(making) if making else _from_settings(told)
    return {
        "id": picture,
        "name": name,
        "created": making.created if making else written,
        "infotext": infotext,
        "words": searchable(made["prompt"]),
        "width": size[0],
        "height": size[1],
        "vae": told.vae.name,
        "seed": _seed_in(name),
        **made,
    }


def read_row(path: Path, name: str) -> Row | None:
    """The row of a PNG file; None where it is no whole picture or has another name.

    Only what stands before the pixels is read. Raises nothing for whatever the file holds.
    """
    try:
        written = path.stat().st_mtime
        with Image.open(path, formats=["PNG"]) as picture:
            infotext = str(picture.info.get(INFOTEXT_KEY, ""))
            making = read_making(str(picture.info.get(CHUNK_KEY, "")))
            return new_row(name, infotext, picture.size, making, written)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def insert(connection: sqlite3.Connection, row: Row) -> None:
    """Add a row, inside a transaction; one that is there already is left as it is."""
    columns = ", ".join(row)
    places = ", ".join(f":{column}" for column in row)
    connection.execute(
        f"INSERT INTO pictures ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING", row
    )
    day, _, file = row["name"].partition("/")
    connection.execute(
        "INSERT INTO days VALUES (?, ?) ON CONFLICT (day) "
        "DO UPDATE SET last_number = max(last_number, excluded.last_number)",
        (day, int(file.partition("-")[0])),
    )


def _from_making(making: Making) -> Row:
    request = making.request
    task = request.task
    start = None if isinstance(task, TextToImage) else task.picture
    return {
        "request": request_to_json(request),
        "prompt": clean_text(request.prompt),
        "negative_prompt": clean_text(request.negative_prompt),
        "task": task.name,
        "checkpoint": clean_text(request.model.checkpoint),
        "checkpoint_hash": request.model.checkpoint_hash,
        "pixels": making.pixels,
        "input": start.sha256 if start else "",
        "mask": task.mask.sha256 if isinstance(task, Inpaint) else "",
        "depth_map": _depth_map(task) or making.depth_map,
        "parent": id_of(making.parent or ""),
    }


def _depth_map(task: Task) -> str:
    return task.depth.sha256 if isinstance(task, DepthToImage) and task.depth else ""


def _from_settings(told: PictureSettings) -> Row:
    """What the settings of a picture say that was painted elsewhere, or before there was more."""
    return {
        "request": "",
        "prompt": told.values.get("prompt", ""),
        "negative_prompt": told.values.get("negative_prompt", ""),
        "task": told.task,
        "checkpoint": told.checkpoint.name,
        "checkpoint_hash": told.checkpoint.hash,
        "pixels": "",
        "input": "",
        "mask": "",
        "depth_map": "",
        "parent": None,
    }


def _seed_in(name: str) -> int:
    return int(name.rpartition("-")[2].removesuffix(".png"))
