"""The routes under /sdapi/v1 that A1111's clients use: Photoshop, Krita, Blender, chat programs.

They run through the same queue as the page. Every picture is kept in the outputs folder, whatever
`save_images` says.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse
from PIL import Image

from backend.api import adapter_listings, listings
from backend.api.bodies import GenerationBody, Img2ImgBody, PngInfoBody, Txt2ImgBody
from backend.api.options import OptionStore
from backend.api.replies import generation_reply, progress_reply, wait_for_end
from backend.api.requests import decode_picture, to_request
from backend.errors import InvalidRequest
from backend.studio.infotext import read_infotext
from backend.studio.inputs import FORMATS
from backend.studio.views import StudioLike

PREFIX = "/sdapi/v1"


def a1111_router(studio: StudioLike) -> APIRouter:
    """All routes; to be included before the page is mounted at "/"."""
    router = APIRouter(prefix=PREFIX, tags=["A1111-compatible"])
    store = OptionStore(studio)
    _add_painting(router, studio, store)
    _add_options(router, studio, store)
    _add_listings(router, studio)
    return router


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    """An error of ours as JSON with its sentence: 422 for a request at fault, else 500."""
    if isinstance(error, InvalidRequest):
        content = {"error": "InvalidRequest", "field": error.field, "detail": str(error)}
        return JSONResponse(content, status_code=422)
    kind = type(error).__name__
    status = 422 if kind in ("BadPicture", "ModelError") else 500
    return JSONResponse({"error": kind, "detail": str(error)}, status_code=status)


def _add_painting(router: APIRouter, studio: StudioLike, store: OptionStore) -> None:
    client = f"api-{secrets.token_hex(4)}"

    def paint(body: GenerationBody) -> dict[str, Any]:
        request = to_request(body, store.overridden(body.override_settings), studio)
        events = wait_for_end(studio, studio.submit(request, client))
        return generation_reply(request, body.model_dump(), events, body.send_images)

    @router.post("/txt2img")
    def txt2img(body: Txt2ImgBody) -> dict[str, Any]:
        return paint(body)

    @router.post("/img2img")
    def img2img(body: Img2ImgBody) -> dict[str, Any]:
        reply = paint(body)
        shown = body.init_images if body.include_init_images else None
        return {**reply, "init_images": shown}

    @router.get("/progress")
    def progress(skip_current_image: bool = False) -> dict[str, Any]:
        return progress_reply(studio, studio.running_job(), not skip_current_image)

    @router.post("/interrupt")
    def interrupt() -> dict[str, Any]:
        running = studio.running_job()
        if running is not None:
            studio.cancel(running)
        return {}


def _add_options(router: APIRouter, studio: StudioLike, store: OptionStore) -> None:
    @router.get("/options")
    def options() -> dict[str, Any]:
        return listings.settings(studio, store.current())

    @router.post("/options")
    def set_options(values: dict[str, Any]) -> dict[str, Any]:
        store.change(values)
        return {}

    @router.get("/cmd-flags")
    def cmd_flags() -> dict[str, Any]:
        return {"api": True}


def _add_listings(router: APIRouter, studio: StudioLike) -> None:
    listed: dict[str, Callable[[], Any]] = {
        "samplers": listings.samplers,
        "schedulers": listings.schedulers,
        "sd-models": lambda: listings.checkpoints(studio),
        "sd-vae": lambda: listings.vaes(studio),
        "memory": lambda: listings.memory(studio),
        "loras": lambda: adapter_listings.loras(studio),
        "embeddings": lambda: adapter_listings.embeddings(studio),
        "hypernetworks": lambda: adapter_listings.hypernetworks(studio),
    }
    for name, answer in listed.items():
        router.add_api_route(f"/{name}", answer, methods=["GET"], name=name)

    @router.post("/refresh-checkpoints")
    @router.post("/refresh-loras")
    @router.post("/refresh-embeddings")
    def refresh_checkpoints() -> None:
        studio.refresh()

    @router.post("/png-info")
    def png_info(body: PngInfoBody) -> dict[str, Any]:
        infotext = _infotext_of(decode_picture(body.image))
        return {"info": infotext, "items": {"parameters": infotext}, "parameters": _pairs(infotext)}


def _infotext_of(data: bytes) -> str:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            return str(picture.info.get("parameters", ""))
    except (OSError, Image.DecompressionBombError) as error:
        raise HTTPException(422, "This is not a PNG, JPEG or WebP picture.") from error


def _pairs(infotext: str) -> dict[str, str]:
    return read_infotext(infotext) if infotext else {}
