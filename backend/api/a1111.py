"""The routes under /sdapi/v1 that A1111's clients use: Photoshop, Krita, Blender, chat programs.

They run through the same queue as the page. Every picture is kept in the outputs folder, whatever
`save_images` says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request

from backend.api import adapter_listings, listings
from backend.api.bodies import GenerationBody, Img2ImgBody, PngInfoBody, Txt2ImgBody
from backend.api.errors import RESPONSES
from backend.api.options import OptionStore
from backend.api.replies import generation_reply, progress_reply, wait_for_end
from backend.api.requests import decode_picture, to_request
from backend.request import GenerationRequest
from backend.studio.picture_info import read_picture_info
from backend.studio.views import StudioLike

PREFIX = "/sdapi/v1"
MAX_WAITING = 200  # calls that wait for their pictures at once


def a1111_router(studio: StudioLike) -> APIRouter:
    """All routes; to be included before the page is mounted at "/"."""
    router = APIRouter(prefix=PREFIX, tags=["A1111-compatible"], responses=RESPONSES)
    store = OptionStore(studio)
    _add_painting(router, studio, store)
    _add_running(router, studio)
    _add_options(router, studio, store)
    _add_listings(router, studio)
    return router


def _add_painting(router: APIRouter, studio: StudioLike, store: OptionStore) -> None:
    limiter = CapacityLimiter(MAX_WAITING)

    def submit(body: GenerationBody, caller: str) -> tuple[str, GenerationRequest]:
        request = to_request(body, store.overridden(body.override_settings), studio)
        return studio.submit(request, caller), request

    async def paint(body: GenerationBody, asked: Request) -> dict[str, Any]:
        # The queue is fair between machines; programs on one of them share their turns.
        caller = f"api-{asked.client.host if asked.client else ''}"
        job_id, request = await to_thread.run_sync(submit, body, caller)
        events = await wait_for_end(studio, job_id, limiter)
        model_hash = listings.short_hash(studio, request.model.checkpoint)
        told = generation_reply(request, model_hash, events, body.send_images)
        return {**told, "parameters": body.model_dump()}

    @router.post("/txt2img", summary="Paint from words")
    async def txt2img(body: Txt2ImgBody, asked: Request) -> dict[str, Any]:
        """Answers when all pictures are painted: `images` (base64 PNG), `parameters`, `info`."""
        return await paint(body, asked)

    @router.post("/img2img", summary="Paint over a picture, or repaint the masked part of it")
    async def img2img(body: Img2ImgBody, asked: Request) -> dict[str, Any]:
        """As txt2img; with a `mask`, pixels outside of it stay as they are."""
        reply = await paint(body, asked)
        shown = body.init_images if body.include_init_images else None
        return {**reply, "init_images": shown}


def _add_running(router: APIRouter, studio: StudioLike) -> None:
    @router.get("/progress", summary="How far the picture has come")
    def progress(skip_current_image: bool = False) -> dict[str, Any]:
        """Of the job that is being painted, whoever asked for it; zeros where there is none."""
        return progress_reply(studio, studio.running_job(), not skip_current_image)

    @router.post("/interrupt", summary="Stop the job that is being painted")
    def interrupt() -> dict[str, Any]:
        """Takes effect at the next step; nothing is decoded after it."""
        running = studio.running_job()
        if running is not None:
            studio.cancel(running)
        return {}

    @router.post("/skip", summary="Go on with the next picture of the batch")
    def skip() -> dict[str, Any]:
        """Takes effect at the next step; nothing is decoded of the picture that is left."""
        running = studio.running_job()
        if running is not None:
            studio.skip(running)
        return {}


def _add_options(router: APIRouter, studio: StudioLike, store: OptionStore) -> None:
    @router.get("/options", summary="The API's settings")
    def options() -> dict[str, Any]:
        """The page has its own: neither changes what the other paints with."""
        return listings.settings(studio, store.current())

    @router.post("/options", summary="Change checkpoint, VAE or clip skip")
    def set_options(values: dict[str, Any]) -> dict[str, Any]:
        """`sd_model_checkpoint` by title, name or hash; `sd_vae` by name, "Automatic" or "None"."""
        store.change(values)
        return {}

    @router.get("/cmd-flags", summary="What the program was started with, as far as it matters")
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
        **{name: _always(answer) for name, answer in listings.NOTHING_OF.items()},
    }
    for name, answer in listed.items():
        router.add_api_route(f"/{name}", answer, methods=["GET"], name=name)

    @router.post("/refresh-checkpoints", summary="Look at the models folder again")
    @router.post("/refresh-loras", summary="The same")
    @router.post("/refresh-embeddings", summary="The same")
    def refresh_checkpoints() -> None:
        studio.refresh()

    @router.post("/png-info", summary="Read the settings inside a picture")
    def png_info(body: PngInfoBody) -> dict[str, Any]:
        """Of a PNG, JPEG or WebP file (base64), whichever program wrote it; "" where none did."""
        told = read_picture_info(decode_picture(body.image))
        return {"info": told.text, "items": {"parameters": told.text}, "parameters": told.pairs}


def _always(answer: Any) -> Callable[[], Any]:
    return lambda: answer
