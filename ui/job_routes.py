"""Routes to watch a job, to stop it, and to go on with the next picture of its batch."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

from anyio import CapacityLimiter
from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import Response, StreamingResponse

from backend.events import ImageSaved
from backend.studio.views import StudioLike
from ui.addresses import PREFIX
from ui.job_stream import Numbering, watch

MAX_WATCHERS = 64


def job_router(studio: StudioLike) -> APIRouter:
    """The routes of one job: `events`, `cancel`, `skip`, and pictures that were not written."""
    router = APIRouter(prefix=f"{PREFIX}/jobs", include_in_schema=False)
    # Watchers wait in threads of their own: a crowd of open tabs must not hold up the page.
    limiter = CapacityLimiter(MAX_WATCHERS)
    numbering = Numbering(secrets.token_hex(4))

    async def frames(job_id: str, since: int) -> AsyncIterator[str]:
        async for number, content in watch(studio, job_id, since, limiter):
            yield numbering.frame(number, content)

    @router.get("/{job_id}/events")
    async def events(job_id: str, last_event_id: str = Header("")) -> StreamingResponse:
        return StreamingResponse(
            frames(job_id, numbering.since(last_event_id)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    @router.post("/{job_id}/cancel")
    def cancel(job_id: str) -> dict[str, bool]:
        return {"stopping": studio.cancel(job_id)}

    @router.post("/{job_id}/skip")
    def skip(job_id: str) -> dict[str, bool]:
        return {"skipping": studio.skip(job_id)}

    @router.get("/{job_id}/pictures/{picture}")
    def picture(job_id: str, picture: int) -> Response:
        for event in studio.wait_events(job_id, 0, 0):
            if isinstance(event, ImageSaved) and event.picture == picture:
                headers = {"X-Content-Type-Options": "nosniff"}
                return Response(event.png, media_type="image/png", headers=headers)
        raise HTTPException(404)

    return router
