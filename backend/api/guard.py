"""Keeps other sites in the artist's browser from talking to a studio on loopback.

A page on any site can make the browser send requests to localhost, and by DNS rebinding can even
read the answers. Both show in the headers: a foreign `Origin`, or a `Host` that is not this
machine's loopback name. (Known cases: Gradio CVE-2024-1727 and CVE-2024-47084, A1111
CVE-2024-11045.)
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class LoopbackGuard:
    """ASGI middleware: answers 403 unless Host is a loopback name and Origin, if any, is Host."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            sentence = objection(Headers(scope=scope))
            if sentence:
                await JSONResponse({"detail": sentence}, status_code=403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def objection(headers: Headers) -> str:
    """Why a request is refused, in a sentence; empty where it may pass."""
    host = headers.get("host", "")
    if _name(f"//{host}") not in LOOPBACK_NAMES:
        return "Atelier answers on this machine only; open it as http://localhost."
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return "Another site may not use this Atelier."
    return ""


def _name(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
