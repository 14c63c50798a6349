"""A small hub on loopback: it lists one repository and sends its files, well or badly."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class SmallHub:
    """`files` by path; `requests` are what was asked, with the Range header.

    `breaks_after` cuts each answer to so many bytes; `ranges` says whether parts can be asked for.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    listed: list[dict] | None = None
    status: int = 200
    breaks_after: int | None = None
    ranges: bool = True
    redirect: str = ""
    spoilt: bool = False
    requests: list[tuple[str, str]] = field(default_factory=list)
    endpoint: str = ""

    def listing(self) -> bytes:
        entries = [entry(path, content) for path, content in self.files.items()]
        return json.dumps({"sha": REVISION, "siblings": self.listed or entries}).encode()


def entry(path: str, content: bytes) -> dict:
    """A file as the hub lists it: large ones with their sha256, small ones with git's blob id."""
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    listed = {"rfilename": path, "size": len(content), "blobId": blob}
    if path.endswith(".safetensors"):
        digest = hashlib.sha256(content).hexdigest()
        listed["lfs"] = {"sha256": digest, "size": len(content)}
    return listed


def serve(hub: SmallHub) -> ThreadingHTTPServer:
    """Start the hub on a free port; the caller shuts it down."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            wanted = self.headers.get("Range", "")
            hub.requests.append((path, wanted))
            if hub.redirect and not path.startswith(("/api", "/cdn")):
                self.answer(302, b"", Location=hub.redirect + path)
                return
            content = hub.listing() if path.startswith("/api") else self.file(path)
            if content is None or hub.status != 200:
                self.answer(404 if content is None else hub.status, b"")
                return
            start = int(wanted[6:-1]) if wanted and hub.ranges else 0
            self.answer(206 if start else 200, content[start:], cut="/api" not in path)

        def file(self, path: str) -> bytes | None:
            content = hub.files.get(path.partition(f"/resolve/{REVISION}/")[2])
            return bytes(len(content)) if content and hub.spoilt else content

        def answer(self, code: int, content: bytes, cut: bool = False, **headers: str) -> None:
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: hub.breaks_after] if cut else content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
