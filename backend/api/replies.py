"""From a job's events to what A1111's clients expect back."""

from __future__ import annotations

import base64
import json
from typing import Any

from anyio import CapacityLimiter, to_thread

from backend.api.errors import Gone, JobFailed
from backend.events import END_EVENTS, Cancelled, Event, Failed, ImageSaved, Skipped, StepDone
from backend.request import GenerationRequest
from backend.studio.infotext import VERSION
from backend.studio.views import StudioLike

WAIT_SECONDS = 1.0


async def wait_for_end(studio: StudioLike, job_id: str, limiter: CapacityLimiter) -> list[Event]:
    """All events of a job, once it is over; raises `JobFailed` with its sentence, or `Gone`.

    It waits in threads of `limiter`, so that many who wait leave the server's own to others.
    """
    events: list[Event] = []
    while not events or not isinstance(events[-1], END_EVENTS):
        events += await to_thread.run_sync(
            studio.wait_events, job_id, len(events), WAIT_SECONDS, limiter=limiter
        )
        if studio.job(job_id) is None:
            raise Gone("The program no longer knows this picture's job.")
    if isinstance(events[-1], Failed):
        raise JobFailed(events[-1])
    return events


def generation_reply(
    request: GenerationRequest, model_hash: str, events: list[Event], send: bool
) -> dict[str, Any]:
    """`images` as base64 PNG, and `info` as a JSON string."""
    saved = [event for event in events if isinstance(event, ImageSaved)]
    images = [base64.b64encode(event.png).decode("ascii") for event in saved] if send else []
    interrupted = any(isinstance(event, Cancelled) for event in events)
    info = _info(request, saved) | {"sd_model_hash": model_hash, "interrupted": interrupted}
    return {"images": images, "info": json.dumps(info)}


def _info(request: GenerationRequest, saved: list[ImageSaved]) -> dict[str, Any]:
    return {
        "prompt": request.prompt,
        "all_prompts": [request.prompt] * len(saved),
        "negative_prompt": request.negative_prompt,
        "all_negative_prompts": [request.negative_prompt] * len(saved),
        "seed": request.seed,
        "all_seeds": [event.seed for event in saved],
        "width": request.width,
        "height": request.height,
        "sampler_name": request.sampler,
        "cfg_scale": request.cfg_scale,
        "steps": request.steps,
        "batch_size": request.batch_size,
        "sd_model_name": request.model.checkpoint,
        "sd_vae_name": request.model.vae,
        "clip_skip": request.clip_skip,
        "denoising_strength": getattr(request.task, "strength", None),
        "extra_generation_params": {},
        "version": VERSION,
        "infotexts": [event.infotext for event in saved],
        "index_of_first_image": 0,
    }


def progress_reply(studio: StudioLike, job_id: str | None, with_image: bool) -> dict[str, Any]:
    """How far the picture that is being painted has come; all zeros where none is."""
    view = studio.job(job_id) if job_id else None
    events = studio.wait_events(job_id, 0, 0) if job_id else []
    last = next((each for each in reversed(events) if isinstance(each, StepDone)), None)
    preview = last.preview if last and with_image else None
    return {
        "progress": view.share if view else 0.0,
        "eta_relative": last.eta if last else 0.0,
        "state": {
            "skipped": bool(events) and isinstance(events[-1], Skipped),
            "interrupted": False,
            "job": job_id or "",
            "job_count": view.request.batch_size if view else 0,
            "job_no": last.picture if last else 0,
            "sampling_step": last.step if last else 0,
            "sampling_steps": last.total if last else 0,
        },
        "current_image": base64.b64encode(preview).decode("ascii") if preview else None,
        "textinfo": None,
    }
