"""The page as a server: one FastAPI application with our routes, the page, and a guard in front."""

from __future__ import annotations

import secrets

from fastapi import FastAPI
from gradio.networking import setup_tunnel

from backend.api.a1111 import a1111_router, answer_error
from backend.api.guard import LoopbackGuard
from backend.errors import AtelierError
from backend.studio.views import StudioLike
from ui.page import mount_page


def build_server(studio: StudioLike, *, guarded: bool) -> FastAPI:
    """Everything that is served; `guarded` refuses requests that other sites send or read."""
    server = FastAPI(title="Atelier")
    if guarded:
        server.add_middleware(LoopbackGuard)
    server.include_router(a1111_router(studio))
    server.add_exception_handler(AtelierError, answer_error)
    return mount_page(server, studio)


def open_tunnel(port: int) -> str:
    """A public address for the server on this machine's port; raises `AtelierError`.

    The tunnel is Gradio's: it asks their server for an address and runs their client program.
    """
    try:
        return setup_tunnel("127.0.0.1", port, secrets.token_urlsafe(32), None, None)
    except Exception as error:  # gradio raises a dozen kinds, all of them "no network"
        raise AtelierError("Gradio's tunnel could not be opened; check the network.") from error
