"""The Text to image tab: its widgets, and the request that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from backend.request import GenerationRequest, ModelChoice, resolve_seed, validate
from backend.studio.views import StudioLike
from ui.controls import (
    build_advanced,
    build_prompt,
    build_sampling,
    build_seed,
    build_size,
    connect_size,
)
from ui.model_bar import ModelBar
from ui.stage import build_stage
from ui.task_tab import TaskTab, build_actions

TASK = "text-to-image"


def to_request(values: Mapping[str, Any], model: ModelChoice) -> GenerationRequest:
    """The request that the widgets' values stand for, checked.

    `values` are as the browser sent them, by field name. Raises `InvalidRequest`. An empty seed
    means a random one, as -1 does.
    """
    seed = whole(values["seed"])
    return validate(
        GenerationRequest(
            prompt=values["prompt"],
            negative_prompt=values["negative_prompt"],
            width=whole(values["width"]),
            height=whole(values["height"]),
            steps=whole(values["steps"]),
            cfg_scale=values["cfg_scale"],
            sampler=values["sampler"],
            schedule=values["schedule"],
            seed=resolve_seed(-1) if seed in (None, -1) else seed,
            batch_size=whole(values["batch_size"]),
            clip_skip=whole(values["clip_skip"]),
            preview=values["preview"],
            model=model,
        )
    )


def whole(value: Any) -> Any:
    """A number field's value as an int where it is one; anything else is left for `validate`."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def build_text_to_image(studio: StudioLike, bar: ModelBar) -> TaskTab:
    """The tab's content; `connect` of `ui.task_tab` brings it to life."""
    with gr.Row(elem_id=TASK, elem_classes="task"):
        with gr.Column(elem_classes="prompts"):
            prompts = build_prompt(studio, TASK)
        generate, stop = build_actions(TASK)
        with gr.Column(elem_classes="controls"):
            size = build_size(TASK, bar.native_size.value)
            sampling = build_sampling(TASK)
            seed = build_seed(TASK)
            advanced = build_advanced(TASK)
        stage = build_stage(TASK)
    connect_size(size, bar.native_size)
    fields = {
        "prompt": prompts.prompt,
        "negative_prompt": prompts.negative_prompt,
        **vars(size),
        **vars(sampling),
        **vars(seed),
        **vars(advanced),
    }
    del fields["aspect"]  # follows from width and height
    return TaskTab(TASK, fields, size, generate, stop, stage, to_request)
