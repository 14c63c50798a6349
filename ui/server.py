"""The page as a server: one FastAPI application with our routes, the page, and a guard in front."""

from __future__ import annotations

import secrets

from fastapi import FastAPI
from gradio.networking import setup_tunnel

from backend.api.a1111 import a1111_router
from backend.api.body_limit import BodyLimit
from backend.api.docs import docs_router
from backend.api.errors import add_error_answers
from backend.api.guard import HostRule, SiteGuard
from backend.api.password import Logins, PasswordGuard
from backend.errors import AtelierError
from backend.studio.views import StudioLike
from ui.page import mount_page


def build_server(
    studio: StudioLike, rule: HostRule | None = None, logins: Logins | None = None
) -> FastAPI:
    """Everything that is served, under the names that `rule` allows (loopback's by default).

    `logins` are asked for where there are any.
    """
    server = FastAPI(title="Atelier", docs_url=None, redoc_url=None)
    # The one added last is asked first.
    server.add_middleware(BodyLimit)
    server.add_middleware(PasswordGuard, logins=logins or Logins())
    server.add_middleware(SiteGuard, rule=rule or HostRule())
    server.include_router(docs_router())
    server.include_router(a1111_router(studio))
    add_error_answers(server)
    return mount_page(server, studio)


def open_tunnel(port: int) -> str:
    """A public address for the server on this machine's port; raises `AtelierError`.

    The tunnel is Gradio's: it asks their server for an address and runs their client program.
    """
    try:
        return setup_tunnel("127.0.0.1", port, secrets.token_urlsafe(32), None, None)
    except Exception as error:  # gradio raises a dozen kinds, all of them "no network"
        raise AtelierError("Gradio's tunnel could not be opened; check the network.") from error
