"""The Text to image tab: its widgets, and the request that they stand for."""

from __future__ import annotations

import gradio as gr

from backend.request import GenerationRequest, ModelChoice
from backend.studio.views import StudioLike
from backend.tasks import TextToImage
from ui.controls import (
    build_advanced,
    build_prompt,
    build_sampling,
    build_seed,
    build_size,
    connect_prompt,
    connect_size,
)
from ui.model_bar import ModelBar
from ui.model_fit import build_fit
from ui.requests import Values, build_request
from ui.stage import build_stage
from ui.task_tab import TaskTab, build_actions

TASK = "text-to-image"


def to_request(values: Values, model: ModelChoice) -> GenerationRequest:
    """The request that the widgets' values stand for; raises `InvalidRequest`."""
    return build_request(values, model, TextToImage())


def build_text_to_image(studio: StudioLike, bar: ModelBar) -> TaskTab:
    """The tab's content; `connect` of `ui.task_tab` brings it to life."""
    with gr.Row(elem_id=TASK, elem_classes="task"):
        with gr.Column(elem_classes="prompts"):
            fit = build_fit(TASK)
            prompts = build_prompt(TASK)
        generate, stop = build_actions(TASK)
        with gr.Column(elem_classes="controls"):
            size = build_size(TASK, bar.native_size.value)
            sampling = build_sampling(TASK)
            seed = build_seed(TASK)
            advanced = build_advanced(TASK)
        stage = build_stage(TASK)
    connect_size(size, bar.native_size)
    connect_prompt(studio, prompts, sampling.steps)
    fields = {
        "prompt": prompts.prompt,
        "negative_prompt": prompts.negative_prompt,
        **vars(size),
        **vars(sampling),
        **vars(seed),
        **vars(advanced),
    }
    del fields["aspect"]  # follows from width and height
    return TaskTab(TASK, fields, size, generate, stop, stage, to_request, fit)
