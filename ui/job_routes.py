"""Routes to watch a job and to stop it: its messages as a stream of server-sent events.

A stream rather than a gradio generator: it ends and resumes with the browser tab while the job
goes on, loses no step however fast they come, and holds none of gradio's worker threads.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import Response, StreamingResponse

from backend.events import END_EVENTS, Event, ImageSaved, Queued
from backend.studio.views import StudioLike
from ui.addresses import PREFIX
from ui.live import Message, message, opening, place

WAIT_SECONDS = 1.0
MAX_WATCHERS = 64


def job_router(studio: StudioLike) -> APIRouter:
    """The routes of jobs: `events`, `cancel`, and pictures that could not be written."""
    router = APIRouter(prefix=f"{PREFIX}/jobs", include_in_schema=False)
    # Watchers wait in threads of their own: a crowd of open tabs must not hold up the page.
    limiter = CapacityLimiter(MAX_WATCHERS)

    @router.get("/{job_id}/events")
    async def events(job_id: str, last_event_id: str = Header("0")) -> StreamingResponse:
        since = int(last_event_id) if last_event_id.isdecimal() else 0
        return StreamingResponse(
            watch(studio, job_id, since, limiter),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    @router.post("/{job_id}/cancel")
    def cancel(job_id: str) -> dict[str, bool]:
        return {"stopping": studio.cancel(job_id)}

    @router.get("/{job_id}/pictures/{picture}")
    def picture(job_id: str, picture: int) -> Response:
        for event in studio.wait_events(job_id, 0, 0):
            if isinstance(event, ImageSaved) and event.picture == picture:
                headers = {"X-Content-Type-Options": "nosniff"}
                return Response(event.png, media_type="image/png", headers=headers)
        raise HTTPException(404)

    return router


async def watch(
    studio: StudioLike, job_id: str, since: int, limiter: CapacityLimiter
) -> AsyncIterator[str]:
    """The job's messages from event `since` on, until its last; `gone` where there is no job."""
    view = studio.job(job_id)
    if view is None:
        yield _frame({"kind": "gone"})
        return
    yield _frame(opening(view))
    position = -1
    while True:
        batch = await to_thread.run_sync(
            studio.wait_events, job_id, since, WAIT_SECONDS, limiter=limiter
        )
        for event in batch:
            since += 1
            position = event.position if isinstance(event, Queued) else position
            yield _frame(message(event, job_id), since)
        if _is_over(batch):
            return
        view = studio.job(job_id)
        if view is None:
            yield _frame({"kind": "gone"})
            return
        if view.state == "queued" and not batch and view.position != position:
            position = view.position
            yield _frame(place(position))


def _is_over(batch: list[Event]) -> bool:
    return bool(batch) and isinstance(batch[-1], END_EVENTS)


def _frame(content: Message, number: int | None = None) -> str:
    """One server-sent event; its number is where a browser resumes after a lost connection."""
    name = "" if number is None else f"id: {number}\n"
    return f"{name}data: {json.dumps(content, separators=(',', ':'))}\n\n"
