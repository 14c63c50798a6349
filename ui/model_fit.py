"""A sentence where the chosen checkpoint cannot do a tab's task, with a switch to one that can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from backend.models import Kind, ModelSpec
from backend.studio.views import StudioLike
from ui.controls import QUICK
from ui.model_bar import ModelBar
from ui.task_tab import TaskTab, follow_native_size
from ui.theme import asset

# The kinds of checkpoint that can do a task, the one that does it best first.
FITTING: dict[str, tuple[Kind, ...]] = {
    "text-to-image": ("base",),
    "image-to-image": ("base",),
    "inpaint": ("inpaint", "base"),
    "depth-to-image": ("depth",),
}
_WHAT_IT_IS: dict[Kind, str] = {
    "base": "paints without a depth map",
    "inpaint": "is made for inpainting alone",
    "depth": "paints over a depth map alone",
}
_WHAT_TO_GET = {
    "depth-to-image": "Put a depth checkpoint (Stable Diffusion 2 depth) into models/checkpoints.",
}
_ANY_OTHER = "Put another checkpoint into models/checkpoints."


def unfitting(specs: Sequence[ModelSpec], chosen: str | None, task: str) -> dict[str, str] | None:
    """What to say where the checkpoint of that name cannot do the task; None where it can.

    `switch` is the checkpoint to switch to, or empty where there is none.
    """
    kinds: dict[str, Kind] = {spec.name: spec.kind for spec in specs}
    kind = kinds.get(chosen or "")
    if kind is None or kind in FITTING[task]:
        return None
    able = [spec.name for want in FITTING[task] for spec in specs if spec.kind == want]
    sentence = f"{chosen} {_WHAT_IT_IS[kind]}."
    if able:
        return {"sentence": sentence, "switch": able[0]}
    return {"sentence": f"{sentence} {_WHAT_TO_GET.get(task, _ANY_OTHER)}", "switch": ""}


def build_fit(task: str) -> gr.HTML:
    """The place for the sentence; empty as long as the checkpoint is fitting."""
    return gr.HTML(
        None,
        html_template=asset("model_fit.html"),
        js_on_load=asset("model_fit.js"),
        apply_default_css=False,
        elem_id=f"{task}--fit",
        elem_classes="fit",
    )


def connect_fit(studio: StudioLike, tab: TaskTab, bar: ModelBar, page: gr.Blocks) -> None:
    """Look at each choice of a checkpoint, and switch when asked to."""

    def look(checkpoint: str | None) -> dict[str, Any] | None:
        return unfitting(studio.checkpoints(), checkpoint, tab.task)

    def switch(checkpoint: str | None, before: int, aspect: str | None) -> tuple[Any, ...]:
        found = look(checkpoint)
        name = found["switch"] if found else checkpoint
        return name, *follow_native_size(studio, name or "", before, aspect)

    bar.checkpoint.change(look, bar.checkpoint, tab.fit, preprocess=False, **QUICK)
    page.load(look, bar.checkpoint, tab.fit, preprocess=False, **QUICK)
    tab.fit.switch(
        switch,
        [bar.checkpoint, bar.native_size, tab.size.aspect],
        [bar.checkpoint, bar.native_size, tab.size.width, tab.size.height],
        preprocess=False,
        **QUICK,
    )
