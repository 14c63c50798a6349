"""The routes give out finished pictures and nothing else."""

from __future__ import annotations

import io

import pytest
from PIL import Image


@pytest.fixture
def recent(client, paint) -> dict:
    paint(width=512, height=256)
    return client.get("/atelier/recent").json()[0]


def test_a_picture_is_served_whole_and_as_what_it_is(client, recent, studio):
    answer = client.get(recent["url"].removeprefix("."))
    assert answer.content == studio.recent(1)[0].path.read_bytes()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_thumbnail_is_a_small_jpeg(client, recent):
    answer = client.get(recent["thumbnail"].removeprefix("."))
    assert answer.headers["x-content-type-options"] == "nosniff"
    with Image.open(io.BytesIO(answer.content)) as small:
        assert (small.format, small.size) == ("JPEG", (384, 192))


def test_recent_names_no_folder_of_the_machine(client, recent, tmp_path):
    assert str(tmp_path) not in client.get("/atelier/recent").text
    assert recent["infotext"].startswith("\nSteps: 3")


@pytest.mark.parametrize("route", ["pictures", "thumbnails"])
@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "/etc/passwd",
        "2026-01-01/../../secret.png",
        "2026-01-01/00001-1.png",
        "2026-01-01/00001-1.png%00.txt",
        "2026-01-01\\00001-1.png",
        "",
        "history.db",
    ],
)
def test_any_other_name_is_not_found(client, recent, route, name):
    assert client.get(f"/atelier/{route}/{name}").status_code == 404


def test_a_broken_file_has_no_thumbnail(client, recent, studio):
    studio.recent(1)[0].path.write_bytes(b"\x89PNG but not really")
    assert client.get(recent["thumbnail"].removeprefix(".")).status_code == 404


def test_the_state_says_what_the_header_shows(client):
    state = client.get("/atelier/state").json()
    assert state["phase"] == "ready"
    assert {"device", "memory_used", "memory_total", "busy", "queued", "message"} <= set(state)


def test_a_job_s_stream_is_one_of_events(client, paint):
    answer = client.get(f"/atelier/jobs/{paint()}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.count("data: ") == 1 + 7


def test_the_stream_resumes_by_the_header_that_browsers_send(client, paint):
    job_id = paint()
    answer = client.get(f"/atelier/jobs/{job_id}/events", headers={"Last-Event-ID": "6"})
    assert answer.text.count("data: ") == 1 + 1
    odd = client.get(f"/atelier/jobs/{job_id}/events", headers={"Last-Event-ID": "no number"})
    assert odd.text.count("data: ") == 1 + 7


def test_a_picture_may_be_had_from_its_job(client, paint):
    job_id = paint()
    assert client.get(f"/atelier/jobs/{job_id}/pictures/0").content.startswith(b"\x89PNG")
    assert client.get(f"/atelier/jobs/{job_id}/pictures/1").status_code == 404
    assert client.get("/atelier/jobs/unknown/pictures/0").status_code == 404


def test_stop_says_whether_there_was_anything_to_stop(client, paint):
    assert client.post(f"/atelier/jobs/{paint()}/cancel").json() == {"stopping": False}
    assert client.post("/atelier/jobs/unknown/cancel").json() == {"stopping": False}
    assert client.get("/atelier/jobs/unknown/cancel").status_code == 405
