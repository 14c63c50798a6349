"""Bounds what a request may hold, since a JSON body is in memory as a whole before it is read."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIXES = ("/sdapi/", "/atelier/")
MAX_BYTES = 256 * 1024**2  # a picture and a mask of 64 MB each make 171 MB of base64
TOO_LARGE = "The request is too large; up to 256 MB work."


class BodyLimit:
    """ASGI middleware: answers 413 to larger bodies, whatever their headers promise."""

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BYTES) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIXES):
            await self._app(scope, receive, send)
        elif self._promises_too_much(scope):
            await JSONResponse({"detail": TOO_LARGE}, status_code=413)(scope, receive, send)
        else:
            await self._app(scope, self._counted(receive), send)

    def _promises_too_much(self, scope: Scope) -> bool:
        length = Headers(scope=scope).get("content-length", "")
        return length.isdecimal() and int(length[:20]) > self._max_bytes

    def _counted(self, receive: Receive) -> Receive:
        count = 0

        async def counted() -> Message:
            nonlocal count
            message = await receive()
            count += len(message.get("body", b""))
            if count > self._max_bytes:
                raise HTTPException(413, TOO_LARGE)  # inside the application, which answers it
            return message

        return counted
