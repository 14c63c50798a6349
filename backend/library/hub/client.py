"""The few requests that the hub needs to answer: a repository's list of files, and a file's bytes.

API: https://huggingface.co/docs/hub/api. `HF_ENDPOINT` names another hub, as everywhere.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from backend.errors import ModelError

DEFAULT_ENDPOINT = "https://huggingface.co"
MAX_LISTING_BYTES = 8_000_000
_TIMEOUT = 30  # seconds without an answer
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_NAME = r"[A-Za-z0-9_][\w.+() -]{0,120}"  # not hidden, not a way out of the folder
_FILE = re.compile(rf"(?:{_NAME}/){{0,4}}{_NAME}", re.ASCII)


@dataclass(frozen=True)
class HubFile:
    """A file of a repository at one revision.

    `digest` is what its content is checked against: the sha256 of a large file, or git's blob id
    (sha1) of a small one; `size` is in bytes.
    """

    repository: str
    revision: str
    path: str
    size: int
    digest: str


class Hub:
    """A hub at an address; every method raises `ModelError` with a sentence."""

    def __init__(self, endpoint: str | None = None) -> None:
        self.endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")
        self._opener = urllib.request.build_opener(_CarefulRedirects())

    def files(self, repository: str) -> list[HubFile]:
        """All files of a repository's main branch whose names are ordinary ones."""
        if not _REPOSITORY.fullmatch(repository) or ".." in repository:
            raise ModelError("A repository's name looks like “owner/name”.")
        with self._open(f"/api/models/{repository}?blobs=true", repository) as answer:
            raw = answer.read(MAX_LISTING_BYTES)
        try:
            listing = json.loads(raw)
            revision = _revision(listing["sha"])
            found = [_file(repository, revision, each) for each in listing["siblings"]]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ModelError("The hub's answer is not understood.") from error
        return [file for file in found if _FILE.fullmatch(file.path)]

    @contextmanager
    def content(self, file: HubFile, start: int) -> Iterator[tuple[Any, int]]:
        """The bytes of a file from `start` on, as a stream, and where the hub really starts."""
        path = urllib.parse.quote(f"{file.repository}/resolve/{file.revision}/{file.path}")
        with self._open(f"/{path}", file.repository, start) as answer:
            yield answer, start if answer.status == 206 else 0

    @contextmanager
    def _open(self, path: str, repository: str, start: int = 0) -> Iterator[Any]:
        headers = {"User-Agent": "atelier", "Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        request = urllib.request.Request(self.endpoint + path, headers=headers)
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                yield answer
        except urllib.error.HTTPError as error:
            raise ModelError(_refusal(error.code, repository)) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Unreachable("The hub cannot be reached; is there a network?") from error


class Unreachable(ModelError):
    """The connection failed or broke off; what was fetched so far stays and is continued."""


class _CarefulRedirects(urllib.request.HTTPRedirectHandler):
    """Files lie on other servers of the hub: https may lead there, but never away from https."""

    def redirect_request(self, req: Any, fp: Any, code: int, *rest: Any) -> Any:
        allowed = ("https:",) if req.full_url.startswith("https:") else ("https:", "http:")
        if not rest[-1].startswith(allowed):
            raise ValueError("a redirection away from https")
        return super().redirect_request(req, fp, code, *rest)


def _file(repository: str, revision: str, entry: dict[str, Any]) -> HubFile:
    large = entry.get("lfs") or {}
    return HubFile(
        repository=repository,
        revision=revision,
        path=str(entry["rfilename"]),
        size=int(large.get("size", entry["size"])),
        digest=str(large.get("sha256") or entry["blobId"]),
    )


def _revision(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{40}", value):
        raise ValueError("not a commit's id")
    return value


def _refusal(code: int, repository: str) -> str:
    if code in (401, 403):
        return f"The hub does not give out “{repository}” without an account, or it is not there."
    if code == 404:
        return f"There is no “{repository}” on the hub, or it lacks the file."
    return f"The hub answered with error {code}; try again later."
