"""A finished picture goes to another tab as its input, with its prompt and settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from backend.errors import AtelierError, BadPicture
from backend.studio.picture_settings import PictureSettings, read_settings
from backend.studio.views import KeptPicture, StudioLike
from ui.controls import QUICK
from ui.depth_to_image import TASK as DEPTH
from ui.model_bar import ModelBar
from ui.painter import painter_refusing, painter_showing
from ui.picture_controls import size_for_picture
from ui.task_tab import TaskTab, restored

GONE = "This picture is no longer in the outputs folder."


def connect_send(
    studio: StudioLike, tabs: gr.Tabs, sources: list[gr.HTML], targets: list[TaskTab], bar: ModelBar
) -> None:
    """Let each source send to each target: the event `to_<task>` with {"name"}."""
    for target in targets:
        outputs = [tabs, target.painter, *target.settings.values()]
        for source in sources:
            event = getattr(source, f"to_{target.task.replace('-', '_')}")
            event(_sender(studio, target), bar.native_size, outputs, **QUICK)


def _sender(studio: StudioLike, target: TaskTab) -> Callable[[int, gr.EventData], list[Any]]:
    def send(native_side: int, asked: gr.EventData) -> list[Any]:
        opened = gr.Tabs(selected=target.task)
        try:
            kept, settings = taken(studio, str(asked.name), target.task)
        except AtelierError as error:
            return [opened, painter_refusing(str(error)), *restored(target, {})]
        width, height = size_for_picture(kept.ref.width, kept.ref.height, native_side)
        settings |= {"width": width, "height": height}
        return [opened, painter_showing(kept), *restored(target, settings)]

    return send


def taken(studio: StudioLike, name: str, task: str) -> tuple[KeptPicture, dict[str, Any]]:
    """A saved picture kept as an input, and its settings for a task's tab by request field.

    `name` is "YYYY-MM-DD/NNNNN-seed.png". Raises `BadPicture` or `StorageError`.
    """
    path = studio.picture_file(name)
    if path is None:
        raise BadPicture(GONE)
    try:
        data, infotext = path.read_bytes(), _infotext(path)
    except OSError as error:
        raise BadPicture(GONE) from error
    return studio.keep_picture(data), _settings_for(task, read_settings(infotext))


def _settings_for(task: str, settings: PictureSettings) -> dict[str, Any]:
    values = dict(settings.values)
    if task == DEPTH and settings.task != DEPTH:
        # Elsewhere it says how much of the picture stays; here the geometry stays at any strength.
        values.pop("strength", None)
    return values


def _infotext(path: Path) -> str:
    with Image.open(path, formats=["PNG"]) as picture:
        return str(picture.info.get("parameters", ""))
