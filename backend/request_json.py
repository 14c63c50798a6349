"""A request as JSON text and back, complete: what the history and the kept queue hold."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from backend.errors import InvalidRequest
from backend.request import GenerationRequest, ModelChoice, validate
from backend.tasks import DepthToImage, ImageToImage, Inpaint, PictureRef, Task, TextToImage

_TASKS: dict[str, type] = {
    "text-to-image": TextToImage,
    "image-to-image": ImageToImage,
    "inpainting": Inpaint,
    "depth-to-image": DepthToImage,
}
_PICTURES = ("picture", "mask", "depth")


def request_to_json(request: GenerationRequest) -> str:
    """One line of JSON with every field of the request, its model and its task."""
    return json.dumps(dataclasses.asdict(request), ensure_ascii=False, separators=(",", ":"))


def request_from_json(text: str) -> GenerationRequest:
    """The request again; raises `InvalidRequest` where the text is none.

    Fields that this version does not know are left out, and those that it lacks get their default,
    so that a request written by another version can still be painted.
    """
    try:
        values = _known(GenerationRequest, json.loads(text))
        values["model"] = ModelChoice(**_known(ModelChoice, values["model"]))
        values["task"] = _task(values.get("task", {"name": "text-to-image"}))
        request = GenerationRequest(**values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidRequest("request", "This is not a request that can be painted.") from error
    return validate(request)


def _task(values: dict[str, Any]) -> Task:
    kind = _TASKS[values["name"]]
    known = _known(kind, values)
    for name in _PICTURES:
        if known.get(name) is not None:
            known[name] = PictureRef(**_known(PictureRef, known[name]))
    return kind(**known)


def _known(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    fields = {field.name for field in dataclasses.fields(kind) if field.init}
    return {name: value for name, value in values.items() if name in fields}
