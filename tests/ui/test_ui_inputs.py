"""The routes of the artist's own pictures: what is taken in, what is refused, what is given out."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from ui import input_routes


def png(width: int = 40, height: int = 30) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(target, "PNG")
    return target.getvalue()


def test_a_picture_is_kept_and_had_back(client):
    told = client.post("/atelier/inputs", content=png()).json()
    assert (told["width"], told["height"], told["note"]) == (40, 30, "")
    answer = client.get(f"/atelier/inputs/{told['sha256']}")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    with Image.open(io.BytesIO(answer.content)) as kept:
        assert kept.size == (40, 30)


@pytest.mark.parametrize("body", [b"", b"no picture", b"\x89PNG\r\n\x1a\nbroken", b"<svg/>"])
def test_what_is_no_picture_is_refused_with_a_sentence(client, body):
    answer = client.post("/atelier/inputs", content=body)
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith(".")


def test_a_body_is_read_no_further_than_the_limit(client, monkeypatch):
    monkeypatch.setattr(input_routes, "MAX_BYTES", 1000)
    read = 0

    def endless():
        nonlocal read
        while read < 10_000_000:
            read += 500
            yield b"x" * 500

    answer = client.post("/atelier/inputs", content=endless())
    assert answer.status_code == 413
    assert "too large" in answer.json()["detail"]


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "ab" * 32,
        "AB" * 32,
        "ab" * 31,
        "x" * 64,
        f"{'ab' * 32}.png",
        f"{'ab' * 32}%00",
    ],
)
def test_any_other_name_is_not_found(client, name):
    assert client.get(f"/atelier/inputs/{name}").status_code == 404
