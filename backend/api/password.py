"""Names and passwords for the page and the API, by HTTP's basic authentication.

Basic rather than a login page of gradio's, because it covers everything that is served alike: the
page, the routes that it reads, and the API, whose clients (webuiapi among them) know it. Over a
network that others can listen to, put a server with TLS in front.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

CHALLENGE = {"WWW-Authenticate": 'Basic realm="Atelier", charset="UTF-8"'}


@dataclass(frozen=True)
class Login:
    """A user's name and password."""

    user: str
    password: str

    @staticmethod
    def read(text: str) -> Login:
        """`user:password`; the name has no colon. Raises `ValueError` where a part is missing."""
        user, colon, password = text.partition(":")
        if not (user and colon and password):
            raise ValueError("a login is user:password")
        return Login(user, password)

    def __repr__(self) -> str:
        return f"Login({self.user!r}, ...)"


@dataclass(frozen=True)
class Logins:
    """Who may use the page and who the API; none means everybody.

    The API's own logins are for `/sdapi` alone; without any, those of the page hold there too, so
    that its password cannot be gone around.
    """

    page: tuple[Login, ...] = ()
    api: tuple[Login, ...] = ()

    def needed_for(self, path: str) -> tuple[Login, ...]:
        """The logins of which a request to `path` must have one."""
        return self.api or self.page if _is_api(path) else self.page


class PasswordGuard:
    """ASGI middleware: answers 401 to whoever does not know the password."""

    def __init__(self, app: ASGIApp, logins: Logins) -> None:
        self._app = app
        self._logins = logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            needed = self._logins.needed_for(scope["path"])
            if needed and not knows(Headers(scope=scope).get("authorization", ""), needed):
                await _refuse(scope, receive, send)
                return
        await self._app(scope, receive, send)


def knows(authorization: str, logins: tuple[Login, ...]) -> bool:
    """Whether an `Authorization` header holds one of the logins.

    All are compared to their end, so that the time taken tells nothing of how much was right.
    """
    given = _decoded(authorization)
    found = [hmac.compare_digest(given, f"{it.user}:{it.password}".encode()) for it in logins]
    return any(found)


def _decoded(authorization: str) -> bytes:
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "password needed"})
        return
    content = {"detail": "This Atelier asks for a name and a password."}
    await JSONResponse(content, status_code=401, headers=CHALLENGE)(scope, receive, send)


def _is_api(path: str) -> bool:
    return path == "/sdapi" or path.startswith("/sdapi/")
