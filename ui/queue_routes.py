"""The queue as one browser may see it: every job's place, and the words of its own jobs alone.

Whoever knows a job's id may stop or move it, so ids are given out with one's own jobs, and with
those of other programs, which have no page to be stopped from.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from backend.studio.views import JobView, StudioLike
from ui.addresses import PREFIX

PROGRAMS = ("api-", "endpoint")  # what the client names of other programs begin with
MAX_OWN = 400


class Own(BaseModel):
    """The ids of the jobs that a browser knows to be its own."""

    jobs: list[str] = Field(default=[], max_length=MAX_OWN)


class Place(BaseModel):
    """A place, from 0, among the waiting jobs of the same browser."""

    place: int = Field(ge=0)


def queue_router(studio: StudioLike) -> APIRouter:
    """`POST /queue` lists, `POST /jobs/{id}/move` reorders."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)

    @router.post("/queue")
    def queue(own: Own) -> list[dict[str, Any]]:
        views = studio.queue()
        clients = {view.client for view in views if view.job_id in own.jobs}
        return [_entry(view, clients) for view in views]

    @router.post("/jobs/{job_id}/move")
    def move(job_id: str, to: Place) -> dict[str, bool]:
        return {"moved": studio.move(job_id, to.place)}

    return router


def _entry(view: JobView, clients: set[str]) -> dict[str, Any]:
    mine, program = view.client in clients, view.client.startswith(PROGRAMS)
    request = view.request
    return {
        "id": view.job_id if mine or program else None,
        "whose": "mine" if mine else "program" if program else "other",
        "words": request.prompt[:200] if mine else "",
        "running": view.state == "running",
        "share": round(view.share, 3),
        "task": request.task.name,
        "width": request.width,
        "height": request.height,
        "pictures": request.batch_size,
    }
