"""A job's events as the messages that the canvas draws: plain dictionaries, ready for JSON.

The page keeps every message, so a browser that comes back is sent all of them again and stands
exactly where it would have been had it stayed.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from backend.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    ImageSaved,
    Queued,
    Skipped,
    Started,
    StepDone,
    Waiting,
)
from backend.geometry import steps_run
from backend.request import GenerationRequest
from backend.studio.views import JobView
from backend.tasks import ResizeMode, TextToImage
from ui.addresses import input_address, job_picture_address, picture_address

Message = dict[str, Any]
# How CSS fits an input picture into the result's frame as the painter did.
_FITS: dict[ResizeMode, str] = {
    "Crop and resize": "cover",
    "Resize and fill": "contain",
    "Stretch": "fill",
    "Latent resize": "fill",
}


def opening(view: JobView) -> Message:
    """The first message of a job: what was asked for, before anything of it is painted."""
    request = view.request
    return {
        "kind": "job",
        "state": view.state,
        "width": request.width,
        "height": request.height,
        "pictures": request.batch_size,
        "seed": request.seed,
        "previews": request.preview != "Off",
        **_start(request),
    }


def _start(request: GenerationRequest) -> Message:
    """How many steps run, and the input picture where there is one."""
    task = request.task
    if isinstance(task, TextToImage):
        return {"steps": request.steps, "input": None}
    shown = {"url": input_address(task.picture.sha256), "fit": _FITS[task.resize]}
    return {"steps": steps_run(request.steps, task.strength), "input": shown}


def place(position: int) -> Message:
    """Where the job stands in the queue: `position` jobs are before it."""
    return {"kind": "queued", "position": position}


def message(event: Event, job_id: str) -> Message:
    """One event as the canvas takes it; pictures become addresses, previews data URIs."""
    if isinstance(event, ImageSaved):
        return _saved(event, job_id)
    return _WRITERS[type(event)](event)


def _waiting(event: Waiting) -> Message:
    return {"kind": "waiting", "reason": event.reason}


def _started(event: Started) -> Message:
    return {"kind": "started", "pictures": event.pictures}


def _step(event: StepDone) -> Message:
    return {
        "kind": "step",
        "picture": event.picture,
        "step": event.step,
        "total": event.total,
        "eta": round(event.eta, 2),
        "sigma": round(event.sigma, 3),
        "src": None if event.preview is None else _data_uri(event.preview),
    }


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + b64encode(jpeg).decode("ascii")


def _saved(event: ImageSaved, job_id: str) -> Message:
    if event.path is None:  # it could not be written: the job itself still holds it
        address, name = job_picture_address(job_id, event.picture), f"{event.seed}.png"
    else:
        address, name = picture_address(event.path), event.path.name
    return {
        "kind": "saved",
        "picture": event.picture,
        "url": address,
        "name": name,
        "seed": event.seed,
        "infotext": event.infotext,
        "width": event.width,
        "height": event.height,
        "note": event.note,
        "diagnosis": None if event.diagnosis is None else asdict(event.diagnosis),
    }


def _left(kind: str) -> Callable[[Cancelled | Skipped], Message]:
    return lambda event: {"kind": kind, "picture": event.picture, "step": event.step}


_WRITERS: dict[type, Callable[[Any], Message]] = {
    Queued: lambda event: place(event.position),
    Waiting: _waiting,
    Started: _started,
    StepDone: _step,
    Finished: lambda event: {"kind": "finished", "seconds": round(event.seconds, 2)},
    Skipped: _left("skipped"),
    Cancelled: _left("cancelled"),
    Failed: lambda event: {"kind": "failed", "error": event.error},
}
