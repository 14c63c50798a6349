"""A job's events as the messages that the canvas draws: plain dictionaries, ready for JSON.

The page keeps every message, so a browser that comes back is sent all of them again and stands
exactly where it would have been had it stayed.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from backend.events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    ImageSaved,
    Queued,
    Started,
    StepDone,
    Waiting,
)
from backend.studio.views import JobView
from ui.addresses import job_picture_address, picture_address

Message = dict[str, Any]


def opening(view: JobView) -> Message:
    """The first message of a job: what was asked for, before anything of it is painted."""
    request = view.request
    return {
        "kind": "job",
        "state": view.state,
        "width": request.width,
        "height": request.height,
        "steps": request.steps,
        "pictures": request.batch_size,
        "seed": request.seed,
        "previews": request.preview != "Off",
    }


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
    return {"kind": "started", "steps": event.steps, "pictures": event.pictures}


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
    }


def _cancelled(event: Cancelled) -> Message:
    return {"kind": "cancelled", "picture": event.picture, "step": event.step}


_WRITERS: dict[type, Callable[[Any], Message]] = {
    Queued: lambda event: place(event.position),
    Waiting: _waiting,
    Started: _started,
    StepDone: _step,
    Finished: lambda event: {"kind": "finished", "seconds": round(event.seconds, 2)},
    Cancelled: _cancelled,
    Failed: lambda event: {"kind": "failed", "error": event.error},
}
