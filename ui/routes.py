"""Routes that the page reads: finished pictures, their thumbnails, and the Studio's condition."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, Response

from backend.studio.views import SavedPicture, StudioLike
from ui.addresses import PREFIX, picture_address, thumbnail_address
from ui.gallery_routes import gallery_router
from ui.input_routes import input_router
from ui.job_routes import job_router
from ui.model_routes import model_router
from ui.queue_routes import queue_router
from ui.study_routes import study_router

THUMBNAILS_AT_ONCE = 3
RECENT_LIMIT = 30
# Addresses carry the file's time, so a browser may keep what it has.
HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=86400"}


def build_router(studio: StudioLike) -> APIRouter:
    """All routes under /atelier; include them before the page is mounted at "/"."""
    router = APIRouter(include_in_schema=False)
    limiter = CapacityLimiter(THUMBNAILS_AT_ONCE)
    router.include_router(job_router(studio))
    router.include_router(queue_router(studio))
    router.include_router(input_router(studio))
    router.include_router(model_router(studio))
    router.include_router(gallery_router(studio))
    router.include_router(study_router(studio))

    @router.get(PREFIX + "/pictures/{name:path}")
    def picture(name: str) -> FileResponse:
        return FileResponse(_file(studio, name), media_type="image/png", headers=HEADERS)

    @router.get(PREFIX + "/thumbnails/{name:path}")
    async def thumbnail(name: str) -> Response:
        # In threads of their own: a wall of new thumbnails must not hold up the page.
        small = await to_thread.run_sync(studio.thumbnail, name, limiter=limiter)
        if small is None:
            raise HTTPException(404)
        return Response(small, media_type="image/jpeg", headers=HEADERS)

    @router.get(PREFIX + "/state")
    def state() -> dict[str, Any]:
        return asdict(studio.state())

    @router.get(PREFIX + "/recent")
    def recent() -> list[dict[str, Any]]:
        return [_entry(saved) for saved in studio.recent(RECENT_LIMIT)]

    @router.get(PREFIX + "/adapters")
    def adapters() -> list[dict[str, str]]:
        return [
            {"kind": each.kind, "name": each.name, "mention": each.mention}
            for each in studio.adapters()
        ]

    return router


def _file(studio: StudioLike, name: str) -> Path:
    path = studio.picture_file(name)
    if path is None:
        raise HTTPException(404)
    return path


def _entry(saved: SavedPicture) -> dict[str, Any]:
    return {
        "url": picture_address(saved.path),
        "thumbnail": thumbnail_address(saved.path),
        "name": saved.path.name,
        "infotext": saved.infotext,
        "width": saved.width,
        "height": saved.height,
    }
