"""Routes that the gallery reads and changes the history by, and PNG info."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Form, HTTPException, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from backend.errors import BadPicture, StorageError
from backend.studio.history.values import HistoryQuery
from backend.studio.picture_info import read_picture_info
from backend.studio.views import StudioLike
from backend.studio.zip_stream import stream_zip
from ui.addresses import PREFIX
from ui.gallery_entries import brief, full, told
from ui.input_routes import read_body

PAGE = 100
MAX_PICTURES = 10_000  # at once, for the bin or a ZIP file
NO_PICTURE = "This picture is not in the history any more."
MAX_ID = 2**53 - 1  # see `history.names.id_of`; SQLite holds no number of more than 64 bits
DIGITS = len(str(MAX_ID))
PictureId = Annotated[int, Path(ge=0, le=MAX_ID)]
READERS = 2  # pictures whose settings are read at the same time; a large one fills a core


class Pictures(BaseModel):
    """Which pictures, by id."""

    ids: list[Annotated[int, Field(ge=0, le=MAX_ID)]]


class Star(BaseModel):
    """Whether a picture is a favourite."""

    on: bool


def gallery_router(studio: StudioLike) -> APIRouter:
    """All routes under /atelier/gallery."""
    router = APIRouter(prefix=f"{PREFIX}/gallery", include_in_schema=False)
    _add_reading(router, studio)
    _add_changing(router, studio)
    _add_files(router, studio)
    return router


def _add_reading(router: APIRouter, studio: StudioLike) -> None:
    @router.get("")
    def page(  # noqa: PLR0917  a route's parameters are passed by name
        words: str = "",
        checkpoint: str = "",
        task: str = "",
        day_from: str = "",
        day_to: str = "",
        favourites: bool = False,
        deleted: bool = False,
        before: Annotated[int | None, Query(ge=0, le=MAX_ID)] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
    ) -> dict[str, Any]:
        query = HistoryQuery(
            words=words, checkpoint=checkpoint, task=task, day_from=day_from, day_to=day_to,
            favourites=favourites, deleted=deleted,
        )  # fmt: skip
        entries = studio.history(query, before, limit)
        answer = {"entries": [brief(entry) for entry in entries], "more": len(entries) == limit}
        return answer if before is not None else answer | _whole(studio, query)

    @router.get("/{picture}")
    def entry(picture: PictureId) -> dict[str, Any]:
        found = studio.history_entry(picture)
        if found is None:
            raise HTTPException(404, NO_PICTURE)
        return full(studio, found, studio.lineage(picture))

    @router.get("/{picture}/steps")
    def steps(picture: PictureId) -> list[str]:
        return [_data_uri(step) for step in studio.history_steps(picture)]


def _whole(studio: StudioLike, query: HistoryQuery) -> dict[str, Any]:
    """What goes with a first page: how many there are, and what one may choose from."""
    return {
        "count": studio.history_count(query),
        "checkpoints": studio.history_checkpoints(),
        "notice": studio.history_notice(),
    }


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + b64encode(jpeg).decode("ascii")


def _add_changing(router: APIRouter, studio: StudioLike) -> None:
    @router.post("/{picture}/favourite")
    def favourite(picture: PictureId, star: Star) -> dict[str, bool]:
        with _written():
            studio.set_favourite(picture, star.on)
        return {"favourite": star.on}

    @router.post("/delete")
    def delete(pictures: Pictures) -> dict[str, int]:
        with _written():
            return {"count": studio.delete_pictures(_some(pictures.ids))}

    @router.post("/restore")
    def restore(pictures: Pictures) -> dict[str, int]:
        with _written():
            return {"count": studio.restore_pictures(_some(pictures.ids))}

    @router.post("/restore-all")
    def restore_all() -> dict[str, int]:
        count = 0
        with _written():
            while binned := studio.history(HistoryQuery(deleted=True), None, PAGE):
                restored = studio.restore_pictures([entry.id for entry in binned])
                count += restored
                if not restored:
                    break
        return {"count": count}

    @router.post("/empty-bin")
    def empty_bin() -> dict[str, int]:
        with _written():
            return {"count": studio.empty_bin()}


@contextmanager
def _written() -> Iterator[None]:
    """What could not be written is told in the Studio's own sentence."""
    try:
        yield
    except StorageError as error:
        raise HTTPException(507, str(error)) from error


def _some(ids: Sequence[int]) -> Sequence[int]:
    if len(ids) > MAX_PICTURES:
        raise HTTPException(422, f"Choose up to {MAX_PICTURES:,} pictures at a time.")
    return ids


def _add_files(router: APIRouter, studio: StudioLike) -> None:
    limiter = CapacityLimiter(READERS)

    @router.post("/zip")
    def several(ids: Annotated[str, Form()]) -> StreamingResponse:
        """`ids` are numbers with commas between them: a form, so that the browser saves it."""
        texts = (text.strip() for text in ids.split(","))
        numbers = [int(text) for text in texts if text.isdecimal() and len(text) <= DIGITS]
        wanted = _some(numbers)
        entries = (studio.history_entry(picture) for picture in wanted)
        files = (
            (entry.name.replace("/", "-"), path)
            for entry in entries
            if entry and (path := studio.picture_file(entry.name))
        )
        name = f"atelier-{date.today().isoformat()}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(stream_zip(files), media_type="application/zip", headers=headers)

    @router.post("/info")
    async def info(request: Request) -> dict[str, Any]:
        data = await read_body(request)
        try:
            found = await to_thread.run_sync(read_picture_info, data, limiter=limiter)
        except BadPicture as error:
            raise HTTPException(422, str(error)) from error
        return told(studio, found)
