"""The Inpaint tab: repaint the masked part of a picture and nothing else."""

from __future__ import annotations

from typing import Any

import gradio as gr

from backend.request import GenerationRequest, ModelChoice
from backend.studio.views import StudioLike
from backend.tasks import MASKED_AREAS, MAX_MASK_BLUR, MAX_PADDING, Inpaint
from ui.controls import QUICK
from ui.model_bar import ModelBar
from ui.picture_tab import build_picture_tab
from ui.requests import Values, build_request, picture_of, whole
from ui.task_tab import TaskTab

TASK = "inpaint"
NO_PICTURE = "Load a picture, paint over what should change, then press Generate."
NO_MASK = "The mask is empty: paint over what should change, then press Generate."
# Less would leave what is new as soft as its fill.
OUTPAINT_STRENGTH = 0.9
STARTS = [
    ("Picture", "original"),
    ("Blur", "fill"),
    ("Noise", "latent noise"),
    ("Empty", "latent nothing"),
]


def to_request(values: Values, model: ModelChoice) -> GenerationRequest:
    """The request that the widgets' values stand for; raises `InvalidRequest`."""
    task = Inpaint(
        picture=picture_of(values, "picture", NO_PICTURE),
        mask=picture_of(values, "mask", NO_MASK),
        strength=values["strength"],
        resize=values["resize"],
        mask_blur=whole(values["mask_blur"]),
        masked_content=values["masked_content"],
        area=values["area"],
        padding=whole(values["padding"]),
        soft=values["soft"] is True,
    )
    return build_request(values, model, task)


def build_inpaint(studio: StudioLike, bar: ModelBar) -> TaskTab:
    """The tab's content; `connect` of `ui.task_tab` brings it to life."""
    tab = build_picture_tab(
        studio, bar, task=TASK, kind="mask", own_controls=_mask_controls, to_request=to_request
    )
    assert tab.painter is not None
    fields = tab.fields
    tab.painter.greyed(lambda: True, None, fields["soft"], **QUICK)
    grown = [fields[name] for name in ("width", "height", "area", "masked_content", "strength")]
    tab.painter.extended(for_extended, fields["strength"], grown, preprocess=False, **QUICK)
    return tab


def for_extended(strength: Any, grown: gr.EventData) -> tuple[Any, ...]:
    """The settings that suit a canvas that has grown: its own size, so that what is known stays."""
    return (
        grown.width,
        grown.height,
        "Whole picture",
        "fill",
        max(strength if isinstance(strength, int | float) else 0, OUTPAINT_STRENGTH),
    )


def _mask_controls() -> dict[str, Any]:
    mask_blur = _pixels("Mask blur (px)", MAX_MASK_BLUR, 8, "mask_blur")
    content = _segments("Start masked area from", STARTS, "masked_content")
    area = _segments("Area", [(name, name) for name in MASKED_AREAS], "area")
    padding = _pixels("Padding (px)", MAX_PADDING, 32, "padding")
    soft = gr.Checkbox(False, label="Soft: greys are strengths", elem_id=f"{TASK}--soft")
    return {
        "mask_blur": mask_blur,
        "masked_content": content,
        "area": area,
        "padding": padding,
        "soft": soft,
    }


def _pixels(label: str, high: int, start: int, name: str) -> gr.Slider:
    return gr.Slider(
        0, high, value=start, step=1, label=label, buttons=[], elem_id=f"{TASK}--{name}"
    )


def _segments(label: str, choices: list[tuple[str, str]], name: str) -> gr.Radio:
    return gr.Radio(
        choices,
        value=choices[0][1],
        label=label,
        elem_id=f"{TASK}--{name}",
        elem_classes="segments",
    )
