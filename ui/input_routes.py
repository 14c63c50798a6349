"""Routes for the artist's own pictures: taken in as they are, and shown as they are kept."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse

from backend.errors import BadPicture, StorageError
from backend.studio.views import KeptPicture, StudioLike
from ui.addresses import PREFIX
from ui.painter import picture_entry

MAX_BYTES = 64 * 1024**2
TOO_LARGE = "The file is too large; pictures up to 64 MB work."
# Named by content: what a browser has of it never changes.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=31536000, immutable",
}


def input_router(studio: StudioLike) -> APIRouter:
    """`POST /inputs` keeps the body as a picture, `GET /inputs/{sha256}` is its PNG."""
    router = APIRouter(prefix=f"{PREFIX}/inputs", include_in_schema=False)

    @router.post("")
    async def keep(request: Request) -> dict[str, Any]:
        return picture_entry(await _kept(studio, await read_body(request)))

    @router.get("/{sha256}")
    def show(sha256: str) -> FileResponse:
        path = studio.input_file(sha256)
        if path is None:
            raise HTTPException(404)
        return FileResponse(path, media_type="image/png", headers=HEADERS)

    return router


async def read_body(request: Request) -> bytes:
    """The body, read no further than to the limit, whatever its headers promise."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            raise HTTPException(413, TOO_LARGE)
    return bytes(data)


async def _kept(studio: StudioLike, data: bytes) -> KeptPicture:
    try:
        return await to_thread.run_sync(studio.keep_picture, data)
    except BadPicture as error:
        raise HTTPException(422, str(error)) from error
    except StorageError as error:
        raise HTTPException(507, str(error)) from error
