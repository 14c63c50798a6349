"""Keeps other sites in the artist's browser from talking to her studio.

A page on any site can make the browser send requests to localhost or to a machine in her network,
and by DNS rebinding can even read the answers. Three things show it: a foreign `Origin`, a
`Sec-Fetch-Site` that browsers set and no page can, or a `Host` that is a name of somebody else's.
(Known cases: Gradio CVE-2024-1727 and CVE-2024-47084, A1111 CVE-2024-11045.)
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
OWN_SITE = ("same-origin", "none")  # "none": typed, bookmarked, or not asked for by a page
REFUSED_NAME = (
    "Atelier does not answer under this name; open it by its address, or start it with "
    "--allowed-host NAME."
)


class HostRule:
    """Under which names the studio answers.

    Loopback names, and `names`. With `addresses`, any address in numbers as well: rebinding takes a
    name, so a number in `Host` is what the artist herself asked for.
    """

    def __init__(self, names: Iterable[str] = (), *, addresses: bool = False) -> None:
        self._names = {name.lower() for name in names} | LOOPBACK_NAMES
        self._tunnels: set[str] = set()
        self._addresses = addresses

    def allow_tunnel(self, name: str) -> None:
        """Answer from now on under the name of a tunnel, which may pass on another `Host`."""
        self._names.add(name.lower())
        self._tunnels.add(name.lower())

    def allows(self, host: str) -> bool:
        """Whether a `Host` header, with or without a port, is one of ours."""
        name = _name(f"//{host}")
        return name in self._names or (self._addresses and _is_address(name))

    def owns(self, origin: str, host: str) -> bool:
        """Whether an `Origin` header is that of the page under `host`, or of a tunnel to it."""
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.netloc == host or (parts.hostname or "") in self._tunnels


class SiteGuard:
    """ASGI middleware: answers 403 to whatever another site sends, websockets included."""

    def __init__(self, app: ASGIApp, rule: HostRule) -> None:
        self._app = app
        self._rule = rule

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sentence = ""
        if scope["type"] in ("http", "websocket"):
            sentence = objection(Headers(scope=scope), self._rule, scope.get("method", ""))
        if not sentence:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": sentence})
        else:
            await JSONResponse({"detail": sentence}, status_code=403)(scope, receive, send)


def objection(headers: Headers, rule: HostRule, method: str = "GET") -> str:
    """Why a request is refused, in a sentence; empty where it may pass.

    Programs send neither `Origin` nor `Sec-Fetch-Site`. A link on another site may lead here.
    """
    host = headers.get("host", "")
    if not rule.allows(host):
        return REFUSED_NAME
    origin = headers.get("origin")
    if origin is not None and not rule.owns(origin, host):
        return "Another site may not use this Atelier."
    site = headers.get("sec-fetch-site", "none")
    if site not in OWN_SITE and not _follows_a_link(headers, method):
        return "Another site may not use this Atelier."
    return ""


def _follows_a_link(headers: Headers, method: str) -> bool:
    return (
        method == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _name(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
