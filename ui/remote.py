"""The page's named endpoints for gradio's Python client, one a task.

Pictures are passed as base64 text of a PNG, JPEG or WebP file.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from typing import Any

import gradio as gr

from backend.errors import AtelierError, BadPicture
from backend.events import END_EVENTS, Event, Failed, ImageSaved
from backend.request import ModelChoice
from backend.studio.views import StudioLike
from backend.tasks import PictureRef
from ui import image_to_image as image_to_image_tab
from ui import inpaint as inpaint_tab
from ui import text_to_image as text_to_image_tab
from ui.live import message
from ui.model_bar import checkpoint_names, model_choice, native_size_of
from ui.picture_controls import size_for_picture
from ui.submission import ToRequest

WAIT_SECONDS = 30.0
CALLS_AT_ONCE = 4
Picture = dict[str, Any]
NO_BASE64 = "A picture must be base64 of a PNG, JPEG or WebP file."


def add_endpoints(studio: StudioLike) -> None:
    """Add `/text_to_image`, `/image_to_image` and `/inpaint` to the Blocks being built."""
    for endpoint in (_text_to_image(studio), _image_to_image(studio), _inpaint(studio)):
        gr.api(endpoint, api_name=endpoint.__name__, concurrency_limit=CALLS_AT_ONCE)


# gradio reads each endpoint's parameters from its signature, so none can be shared.
def _text_to_image(studio: StudioLike):
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
        return _paint(studio, text_to_image_tab.to_request, locals())

    return text_to_image


def _image_to_image(studio: StudioLike):
    def image_to_image(  # noqa: PLR0917
        picture: str,
        prompt: str,
        negative_prompt: str = "",
        strength: float = 0.75,
        resize: str = "Crop and resize",
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
        """Paint over a picture, and return url, seed, infotext and size of each result.

        Width and height 0 follow the picture; no checkpoint means the first one.
        """
        return _paint(studio, image_to_image_tab.to_request, locals())

    return image_to_image


def _inpaint(studio: StudioLike):
    def inpaint(  # noqa: PLR0917
        picture: str,
        mask: str,
        prompt: str,
        negative_prompt: str = "",
        strength: float = 0.75,
        mask_blur: int = 4,
        masked_content: str = "original",
        area: str = "Whole picture",
        padding: int = 32,
        soft: bool = False,
        resize: str = "Crop and resize",
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
        """Repaint where the mask is white, and return url, seed, infotext and size of each result.

        Width and height 0 follow the picture; no checkpoint means the first one.
        """
        return _paint(studio, inpaint_tab.to_request, locals())

    return inpaint


def _paint(
    studio: StudioLike, to_request: ToRequest, given: dict[str, Any]
) -> list[dict[str, Any]]:
    """Paint what an endpoint was given; raises `gr.Error` with a sentence."""
    try:
        model = _model(studio, given["checkpoint"], given["vae"])
        values = _complete(studio, given, model)
        job_id = studio.submit(to_request(values, model), "endpoint")
    except AtelierError as error:
        raise gr.Error(str(error), print_exception=False) from error
    return _results(studio, job_id)


def _model(studio: StudioLike, checkpoint: str, vae: str) -> ModelChoice:
    names = checkpoint_names(studio)
    return model_choice(studio, checkpoint or (names[0] if names else ""), vae)


def _complete(studio: StudioLike, given: dict[str, Any], model: ModelChoice) -> dict[str, Any]:
    """The values as a tab would have them: pictures kept, and a size."""
    kept = {name: _keep(studio, given[name]) for name in ("picture", "mask") if name in given}
    side = native_size_of(studio, model.checkpoint)
    width, height = side, side
    if "picture" in kept:
        width, height = size_for_picture(kept["picture"].width, kept["picture"].height, side)
    return given | {
        "input": {name: asdict(ref) for name, ref in kept.items()},
        "width": given["width"] or width,
        "height": given["height"] or height,
        "preview": "Off",
    }


def _keep(studio: StudioLike, text: str) -> PictureRef:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadPicture(NO_BASE64) from error
    return studio.keep_picture(data).ref


def _results(studio: StudioLike, job_id: str) -> list[Picture]:
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
