"""The strength explorer: what of the picture survives the noise, before anything is painted."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr

from backend.errors import AtelierError, EngineStarting
from backend.request import GenerationRequest, ModelChoice
from backend.studio.views import StudioLike
from backend.tasks import ImageToImage
from ui.controls import QUICK
from ui.model_bar import ModelBar, model_choice
from ui.painter import hand_over
from ui.requests import Values, build_request, picture_of
from ui.task_tab import TaskTab
from ui.theme import asset

NOTHING = {"src": "", "sentence": "", "waits": False}
# What decides the noised picture; all else of a request may be anything.
DECIDING: tuple[str, ...] = (
    "input",
    "strength",
    "resize",
    "width",
    "height",
    "steps",
    "sampler",
    "schedule",
    "seed",
)
_PLAIN = {
    "prompt": "",
    "negative_prompt": "",
    "cfg_scale": 1.0,
    "batch_size": 1,
    "clip_skip": 1,
    "preview": "Off",
}


def build_explorer(task: str) -> gr.HTML:
    """The place under the strength's slider; empty while there is no picture."""
    return gr.HTML(
        NOTHING,
        html_template=asset("explorer.html"),
        js_on_load=asset("explorer.js"),
        apply_default_css=False,
        elem_id=f"{task}--explorer",
        elem_classes="explorer",
    )


def connect_explorer(studio: StudioLike, tab: TaskTab, bar: ModelBar) -> None:
    """Look again whenever the picture or something that decides its noise is another."""
    if tab.painter is None or tab.explorer is None:
        return
    sent = [tab.fields[name] for name in DECIDING] + [bar.checkpoint, bar.vae]

    def look(*values: Any) -> dict[str, Any]:
        *deciding, checkpoint, vae = values
        named = dict(zip(DECIDING, deciding, strict=True))
        return explored(studio, named, model_choice(studio, checkpoint, vae))

    watched = [tab.fields[name] for name in DECIDING if name != "input"]
    whenever: list[Callable[..., Any]] = [
        partial(gr.on, [widget.change for widget in (*watched, bar.checkpoint, bar.vae)]),
        tab.painter.loaded,
        tab.painter.looked,
        tab.explorer.ready,
    ]
    for listen in whenever:
        listen(
            look,
            sent,
            tab.explorer,
            js=hand_over(tab.task, 0, len(sent), "glance"),
            preprocess=False,
            trigger_mode="always_last",
            **QUICK,
        )


def explored(studio: StudioLike, values: Values, model: ModelChoice) -> dict[str, Any]:
    """`src` of the noised picture, or a `sentence` why there is none; nothing without a picture.

    `waits` is whether it helps to ask again once the engine is ready.
    """
    handed = values.get("input")
    if not isinstance(handed, dict) or not handed.get("picture"):
        return NOTHING
    try:
        jpeg = studio.strength_preview(_request(values, model))
    except AtelierError as error:
        return {**NOTHING, "sentence": str(error), "waits": isinstance(error, EngineStarting)}
    return {**NOTHING, "src": "data:image/jpeg;base64," + b64encode(jpeg).decode("ascii")}


def _request(values: Values, model: ModelChoice) -> GenerationRequest:
    """A seed that is drawn anew each time would make the noise dance; any one shows the same."""
    seed = values["seed"] if isinstance(values["seed"], int | float) and values["seed"] >= 0 else 0
    task = ImageToImage(
        picture=picture_of(values, "picture", ""),
        strength=values["strength"],
        resize=values["resize"],
    )
    return build_request({**_PLAIN, **values, "seed": seed}, model, task)
