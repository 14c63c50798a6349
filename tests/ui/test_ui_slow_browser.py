"""A browser that does not read slows nobody, and has its results when it reads on."""

from __future__ import annotations

import json
import socket
import time

import httpx
import pytest
from fastapi import FastAPI

from backend.request import GenerationRequest, ModelChoice
from tests.serving import serving
from tests.ui import fake_pictures
from tests.ui.fake_studio import FakeStudio
from ui.routes import build_router

STEPS = 120
PREVIEW = b"\xff\xd8" + bytes(200_000)  # many times what lies in the system's buffers


@pytest.fixture
def port(studio: FakeStudio, monkeypatch):
    monkeypatch.setattr(fake_pictures, "preview", lambda *_: PREVIEW)
    studio.pace = 0.02
    app = FastAPI()
    app.include_router(build_router(studio))
    with serving(app) as number:
        yield number


def test_a_browser_that_does_not_read_slows_nobody(studio: FakeStudio, port: int):
    model = ModelChoice(checkpoint="storybook")
    request = GenerationRequest(seed=1, steps=STEPS, width=64, height=64, model=model)
    address = f"/atelier/jobs/{studio.submit(request, 'tests')}/events"
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", port))
        slow.sendall(f"GET {address} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        quick = httpx.get(f"http://127.0.0.1:{port}{address}", timeout=60)
        told = messages(quick.text)
        assert [one["kind"] for one in told[-2:]] == ["saved", "finished"]
        assert len(previews(told)) == STEPS
        time.sleep(1.1)  # so that it has been behind for longer than is forgiven
        late = messages(read_on(slow))
    assert [one["kind"] for one in late[-2:]] == ["saved", "finished"]
    assert [one["step"] for one in late if one["kind"] == "step"] == list(range(1, STEPS + 1))
    assert previews(late)[-1] == STEPS
    assert len(previews(late)) < STEPS * 0.8


def read_on(slow: socket.socket) -> str:
    slow.settimeout(60)
    parts = []
    while part := slow.recv(1 << 20):
        parts.append(part)
    return b"".join(parts).decode()


def messages(text: str) -> list[dict]:
    return [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: ")]


def previews(told: list[dict]) -> list[int]:
    return [one["step"] for one in told if one["kind"] == "step" and one["src"]]
