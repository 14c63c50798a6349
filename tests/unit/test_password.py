"""Passwords: what they cover, how they are compared, and what is told to whom."""

from __future__ import annotations

import asyncio
import base64
import hmac

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from backend.api import password
from backend.api.password import Login, Logins, PasswordGuard, knows

PAGE = Login("ada", "käse:brot")
API = Login("robot", "beep")


def client(logins: Logins) -> TestClient:
    inner = Starlette()
    inner.add_route("/{path:path}", lambda request: PlainTextResponse("in"), methods=["GET"])
    return TestClient(PasswordGuard(inner, logins))


def header(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def status(client: TestClient, path: str, text: str | None = None) -> int:
    return client.get(path, headers=header(text) if text else {}).status_code


@pytest.mark.parametrize("path", ["/", "/atelier/recent", "/gradio_api/info", "/docs", "/sdapix"])
def test_the_pages_password_covers_all_that_the_page_reads(path):
    guarded = client(Logins(page=(PAGE,), api=(API,)))
    assert status(guarded, path) == 401
    assert status(guarded, path, "robot:beep") == 401
    assert status(guarded, path, "ada:käse:brot") == 200


def test_the_api_has_its_own():
    guarded = client(Logins(page=(PAGE,), api=(API,)))
    assert status(guarded, "/sdapi/v1/options") == 401
    assert status(guarded, "/sdapi/v1/options", "ada:käse:brot") == 401
    assert status(guarded, "/sdapi/v1/options", "robot:beep") == 200


def test_the_pages_password_cannot_be_gone_around_by_the_api():
    guarded = client(Logins(page=(PAGE,)))
    assert status(guarded, "/sdapi/v1/options") == 401
    assert status(guarded, "/sdapi/v1/options", "ada:käse:brot") == 200


def test_without_a_password_everybody_is_in():
    assert status(client(Logins()), "/") == 200
    assert status(client(Logins(api=(API,))), "/") == 200


def test_a_browser_is_told_to_ask():
    answer = client(Logins(page=(PAGE,))).get("/")
    assert answer.headers["www-authenticate"].startswith("Basic realm=")
    assert answer.json()["detail"].endswith(".")
    assert "käse" not in answer.text


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic !!!", "Bearer YWRhOmvDpHNlOmJyb3Q=", "Basic " + "A" * 10_001, "basic é"],
)
def test_nonsense_is_no_password(authorization):
    assert not knows(authorization, (PAGE,))


def test_every_login_is_compared_whole_and_in_constant_time(monkeypatch):
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(
        password.hmac, "compare_digest", lambda a, b: compared.append(b) or real(a, b)
    )
    assert knows(header("ada:käse:brot")["Authorization"], (PAGE, API))
    assert compared == ["ada:käse:brot".encode(), b"robot:beep"]


@pytest.mark.parametrize("text", ["", "ada", "ada:", ":secret", ":"])
def test_half_a_login_is_refused(text):
    with pytest.raises(ValueError, match="user:password"):
        Login.read(text)


def test_a_password_does_not_get_into_logs():
    assert "secret" not in repr(Logins(page=(Login.read("ada:secret"),)))


def test_websockets_need_it_too():
    sent = []

    async def send(message):
        sent.append(message)

    guard = PasswordGuard(None, Logins(page=(PAGE,)))  # type: ignore[arg-type]
    asyncio.run(guard({"type": "websocket", "path": "/", "headers": []}, None, send))  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == ["websocket.close"]
