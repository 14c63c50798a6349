"""Routes of the Models tab: the folder's table, and what is done with its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from anyio import open_file, to_thread
from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel

from backend.errors import AtelierError
from backend.studio.views import StudioLike
from ui.addresses import PREFIX

Answer = TypeVar("Answer")


class Wanted(BaseModel):
    """A repository of the hub, and a file of it or "" for the whole model."""

    repository: str
    file: str = ""


class Place(BaseModel):
    """A file of the table."""

    folder: str
    file: str


class Prediction(BaseModel):
    """How a checkpoint predicts."""

    name: str
    prediction: str


def model_router(studio: StudioLike) -> APIRouter:
    """`GET /models` and what changes it; each refusal is a 422 with its sentence."""
    router = APIRouter(prefix=f"{PREFIX}/models", include_in_schema=False)

    @router.get("")
    def models() -> dict[str, Any]:
        return asdict(studio.models.view())

    @router.post("/refresh")
    def refresh() -> dict[str, Any]:
        studio.models.refresh()
        return models()

    @router.post("/downloads")
    def download(wanted: Wanted) -> dict[str, int]:
        return {"work": told(lambda: studio.models.download(wanted.repository, wanted.file))}

    @router.post("/conversions")
    def convert(place: Place) -> dict[str, int]:
        return {"work": told(lambda: studio.models.convert(place.folder, place.file))}

    @router.post("/work/{number}/stop")
    def stop(number: int) -> dict[str, bool]:
        return {"stopping": studio.models.stop(number)}

    @router.post("/prediction")
    def choose(chosen: Prediction) -> dict[str, Any]:
        told(lambda: studio.models.choose_prediction(chosen.name, chosen.prediction))
        return models()

    @router.post("/files")
    async def keep(request: Request, name: str) -> dict[str, str]:
        size = request.headers.get("content-length", "")
        if not size.isdecimal():
            raise HTTPException(411, "The file's size is not said.")
        if not request.headers.get("content-type", "").startswith("application/octet-stream"):
            raise HTTPException(415, "A model file comes as application/octet-stream.")
        draft = await to_thread.run_sync(told, lambda: studio.models.draft(name, int(size)))
        try:
            await _receive(request, draft, int(size))
            sentence = await to_thread.run_sync(told, lambda: studio.models.keep(draft, name))
        finally:
            draft.unlink(missing_ok=True)
        return {"sentence": sentence}

    return router


def told(work: Callable[[], Answer]) -> Answer:
    """The answer of work that may be refused with a sentence."""
    try:
        return work()
    except AtelierError as error:
        raise HTTPException(422, str(error)) from error


async def _receive(request: Request, draft: Path, size: int) -> None:
    """Write the body as it comes, and no more of it than was announced."""
    left = size
    try:
        async with await open_file(draft, "wb") as file:
            async for chunk in request.stream():
                left -= len(chunk)
                if left < 0:
                    raise HTTPException(413, "The file is larger than was said.")
                await file.write(chunk)
    except OSError as error:
        sentence = f"The file could not be written: {error.strerror}."
        raise HTTPException(507, sentence) from error
    if left:
        raise HTTPException(422, "The file did not come whole; drop it again.")
