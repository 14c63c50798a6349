"""The page's named endpoints for gradio's Python client, one a task.

Pictures are passed as base64 text of a PNG, JPEG or WebP file. An endpoint answers, when all is
painted, with a list of url, seed, infotext, width and height of each picture.
"""

from __future__ import annotations

import base64
import binascii
import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from backend.errors import AtelierError, BadPicture
from backend.events import END_EVENTS, Event, Failed, ImageSaved
from backend.request import ModelChoice
from backend.studio.views import StudioLike
from backend.tasks import PictureRef
from ui import depth_to_image, image_to_image, inpaint, text_to_image
from ui.live import message
from ui.model_bar import checkpoint_names, model_choice, native_size_of
from ui.picture_controls import size_for_picture
from ui.submission import ToRequest

WAIT_SECONDS = 30.0
CALLS_AT_ONCE = 4
NO_BASE64 = "A picture must be base64 of a PNG, JPEG or WebP file."
Pictures = list[dict[str, Any]]

# Fields by name with their defaults, whose types are the fields'; `str` has none and is needed.
_Fields = Mapping[str, Any]
_WORDS: _Fields = {"prompt": str, "negative_prompt": ""}
_OVER: _Fields = {"strength": 0.75, "resize": "Crop and resize"}
_MASKED: _Fields = {
    "mask_blur": 4, "masked_content": "original", "area": "Whole picture", "padding": 32,
    "soft": False,
}  # fmt: skip
_ANY: _Fields = {
    "width": 0, "height": 0, "steps": 20, "cfg_scale": 7.0, "sampler": "DPM++ 2M",
    "schedule": "Automatic", "seed": -1, "batch_size": 1, "clip_skip": 1, "checkpoint": "",
    "vae": "Automatic",
}  # fmt: skip


@dataclass(frozen=True)
class _Endpoint:
    name: str
    does: str
    fields: _Fields
    to_request: ToRequest


_ENDPOINTS = (
    _Endpoint(
        "text_to_image",
        "Paint from words. Width and height 0 mean the checkpoint's own size; no checkpoint means "
        "the first one.",
        {**_WORDS, **_ANY},
        text_to_image.to_request,
    ),
    _Endpoint(
        "image_to_image",
        "Paint over a picture. Width and height 0 follow the picture; no checkpoint means the "
        "first one.",
        {"picture": str, **_WORDS, **_OVER, **_ANY},
        image_to_image.to_request,
    ),
    _Endpoint(
        "inpaint",
        "Repaint where the mask is white. Width and height 0 follow the picture; no checkpoint "
        "means the first one.",
        {"picture": str, "mask": str, **_WORDS, **_OVER, **_MASKED, **_ANY},
        inpaint.to_request,
    ),
    _Endpoint(
        "depth_to_image",
        "Repaint a picture with its geometry kept, on a depth checkpoint. Without a depth map "
        "(white is near) it is estimated. Width and height 0 follow the picture.",
        {"picture": str, **_WORDS, "depth": "", **_OVER, "strength": 1.0, **_ANY},
        depth_to_image.to_request,
    ),
)
_PICTURE_FIELDS = ("picture", "mask", "depth")


def add_endpoints(studio: StudioLike) -> None:
    """Add an endpoint for each task to the Blocks being built, `/text_to_image` and so on."""
    for endpoint in _ENDPOINTS:
        gr.api(_function(studio, endpoint), api_name=endpoint.name, concurrency_limit=CALLS_AT_ONCE)


def _function(studio: StudioLike, endpoint: _Endpoint) -> Callable[..., Pictures]:
    """A function of the endpoint's fields; gradio reads them from its signature."""

    parameters = [_parameter(name, default) for name, default in endpoint.fields.items()]
    signature = inspect.Signature(parameters, return_annotation=Pictures)

    def paint(*values: Any, **named: Any) -> Pictures:
        bound = signature.bind(*values, **named)
        bound.apply_defaults()
        return _paint(studio, endpoint.to_request, bound.arguments)

    paint.__name__, paint.__doc__ = endpoint.name, endpoint.does
    paint.__signature__ = signature  # type: ignore[attr-defined]
    paint.__annotations__ = {each.name: each.annotation for each in parameters}
    return paint


def _parameter(name: str, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    if default is str:
        return inspect.Parameter(name, kind, annotation=str)
    return inspect.Parameter(name, kind, default=default, annotation=type(default))


def _paint(studio: StudioLike, to_request: ToRequest, given: dict[str, Any]) -> Pictures:
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
    kept = {name: _keep(studio, given[name]) for name in _PICTURE_FIELDS if given.get(name)}
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


def _keep(studio: StudioLike, text: Any) -> PictureRef:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadPicture(NO_BASE64) from error
    return studio.keep_picture(data).ref


def _results(studio: StudioLike, job_id: str) -> Pictures:
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
