"""Bodies beyond the limit are answered with a sentence, whether their length is told or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from backend.api.body_limit import TOO_LARGE, BodyLimit


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.add_middleware(BodyLimit, max_bytes=1000)

    @app.post("/sdapi/v1/echo")
    @app.post("/atelier/echo")
    @app.post("/else")
    def echo(values: dict[str, str]) -> dict[str, str]:
        return values

    return TestClient(app)


def chunks(content: bytes) -> Iterator[bytes]:
    """Sent without a length in the headers."""
    for start in range(0, len(content), 100):
        yield content[start : start + 100]


@pytest.mark.parametrize("path", ["/sdapi/v1/echo", "/atelier/echo"])
@pytest.mark.parametrize("sent", [bytes, chunks])
def test_a_large_body_is_refused(client, path, sent):
    headers = {"Content-Type": "application/json"}
    small, large = (b'{"a": "%s"}' % (b"x" * count) for count in (900, 1000))
    assert client.post(path, content=sent(small), headers=headers).json() == {"a": "x" * 900}
    answer = client.post(path, content=sent(large), headers=headers)
    assert (answer.status_code, answer.json()) == (413, {"detail": TOO_LARGE})


def test_the_page_has_its_own_limits(client):
    assert client.post("/else", json={"a": "x" * 2000}).status_code == 200
