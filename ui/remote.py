"""The page's one named endpoint, `/text_to_image`, for gradio's Python client."""

from __future__ import annotations

from typing import Any

import gradio as gr

from backend.errors import AtelierError
from backend.events import END_EVENTS, Event, Failed, ImageSaved
from backend.request import ModelChoice
from backend.studio.views import StudioLike
from ui.live import message
from ui.model_bar import checkpoint_names, model_choice, native_size_of
from ui.text_to_image import to_request

WAIT_SECONDS = 30.0
CALLS_AT_ONCE = 4


def add_text_to_image(studio: StudioLike) -> None:
    """Add the endpoint `/text_to_image` to the Blocks that are being built."""

    def text_to_image(  # noqa: PLR0917  gradio's client passes arguments by position too
        prompt: str,
        negative_prompt: str = "",
        width: int = 0,
        height: int = 0,
        steps: int = 20,
        cfg_scale: float = 7.0,
        sampler: str = "DPM++ 2M",
        schedule: str = "Automatic",
        seed: int = -1,
        batch_size: int = 1,
        clip_skip: int = 1,
        checkpoint: str = "",
        vae: str = "Automatic",
    ) -> list[dict[str, Any]]:
        """Paint, and return url, seed, infotext and size of each picture when all are done.

        Width and height 0 mean the checkpoint's own; no checkpoint means the first one.
        """
        values = locals()
        model = _model(studio, checkpoint, vae)
        side = native_size_of(studio, model.checkpoint)
        asked = {name: values[name] for name in _FIELDS}
        asked |= {"width": width or side, "height": height or side, "preview": "Off"}
        return _paint(studio, asked, model)

    gr.api(text_to_image, api_name="text_to_image", concurrency_limit=CALLS_AT_ONCE)


_FIELDS = (
    "prompt", "negative_prompt", "steps", "cfg_scale", "sampler", "schedule", "seed",
    "batch_size", "clip_skip",
)  # fmt: skip


def _model(studio: StudioLike, checkpoint: str, vae: str) -> ModelChoice:
    names = checkpoint_names(studio)
    return model_choice(studio, checkpoint or (names[0] if names else ""), vae)


def _paint(studio: StudioLike, asked: dict[str, Any], model: ModelChoice) -> list[dict[str, Any]]:
    try:
        job_id = studio.submit(to_request(asked, model), "endpoint")
    except AtelierError as error:
        raise gr.Error(str(error), print_exception=False) from error
    events: list[Event] = []
    while not (events and isinstance(events[-1], END_EVENTS)):
        events += studio.wait_events(job_id, len(events), WAIT_SECONDS)
        if studio.job(job_id) is None:
            raise gr.Error("This picture is not known any more.", print_exception=False)
    if isinstance(events[-1], Failed):
        raise gr.Error(events[-1].error, print_exception=False)
    saved = [message(event, job_id) for event in events if isinstance(event, ImageSaved)]
    kept = ("url", "seed", "infotext", "width", "height")
    return [{name: picture[name] for name in kept} for picture in saved]
