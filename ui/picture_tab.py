"""The layout of a tab that starts from a picture: controls, painter, canvas side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from backend.studio.views import StudioLike
from ui.controls import (
    build_advanced,
    build_prompt,
    build_sampling,
    build_seed,
    build_size,
    connect_prompt,
    connect_size,
)
from ui.explorer import build_explorer
from ui.model_bar import ModelBar
from ui.model_fit import build_fit
from ui.painter import Kind, build_painter
from ui.picture_controls import (
    GEOMETRY,
    LITTLE,
    START_STRENGTH,
    build_resize,
    build_strength,
    connect_loaded,
    connect_strength,
)
from ui.stage import build_stage
from ui.submission import ToRequest
from ui.task_tab import TaskTab, build_actions


def build_picture_tab(
    studio: StudioLike,
    bar: ModelBar,
    *,
    task: str,
    kind: Kind,
    own_controls: Callable[[], dict[str, Any]],
    to_request: ToRequest,
    strength: float = START_STRENGTH,
) -> TaskTab:
    """The tab's content; `own_controls` builds what only this task has, by request field.

    `strength` is what the slider begins at.
    """
    at_full = GEOMETRY if kind == "depth" else LITTLE
    with gr.Row(elem_id=task, elem_classes="task paired"):
        with gr.Column(elem_classes="prompts"):
            fit = build_fit(task)
            prompts = build_prompt(task)
        generate, stop = build_actions(task)
        with gr.Column(elem_classes="controls"):
            strength_slider, line = build_strength(task, strength, at_full)
            explorer = build_explorer(task)
            own = own_controls()
            size = build_size(task, bar.native_size.value)
            resize = build_resize(task)
            sampling = build_sampling(task)
            seed = build_seed(task)
            advanced = build_advanced(task)
        painter = build_painter(task, kind)
        stage = build_stage(task)
    connect_size(size, bar.native_size)
    connect_prompt(studio, prompts, sampling.steps)
    connect_strength(strength_slider, line, sampling.steps, at_full)
    connect_loaded(task, painter, size, bar.native_size)
    fields = {
        "input": painter,
        "prompt": prompts.prompt,
        "negative_prompt": prompts.negative_prompt,
        "strength": strength_slider,
        "resize": resize,
        "width": size.width,
        "height": size.height,
        **own,
        **vars(sampling),
        **vars(seed),
        **vars(advanced),
    }
    return TaskTab(
        task,
        fields,
        size,
        generate,
        stop,
        stage,
        to_request,
        fit,
        painter=painter,
        explorer=explorer,
    )
