"""The routes give out finished pictures and nothing else."""

from __future__ import annotations

import io
import re
import time

import pytest
from PIL import Image

from backend.request import GenerationRequest, ModelChoice


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
    address = f"/atelier/jobs/{job_id}/events"
    whole = client.get(address).text
    numbers = re.findall(r"^id: (\S+)$", whole, re.MULTILINE)
    rest = client.get(address, headers={"Last-Event-ID": numbers[5]})
    assert rest.text.count("data: ") == 1 + 1


@pytest.mark.parametrize("number", ["6", "no number", "0123abcd-6", "-", ""])
def test_a_number_of_another_run_of_the_program_means_the_beginning(client, paint, number):
    headers = {"Last-Event-ID": number}
    answer = client.get(f"/atelier/jobs/{paint()}/events", headers=headers)
    assert answer.text.count("data: ") == 1 + 7


def test_a_picture_may_be_had_from_its_job(client, paint):
    job_id = paint()
    assert client.get(f"/atelier/jobs/{job_id}/pictures/0").content.startswith(b"\x89PNG")
    assert client.get(f"/atelier/jobs/{job_id}/pictures/1").status_code == 404
    assert client.get("/atelier/jobs/unknown/pictures/0").status_code == 404


def test_stop_says_whether_there_was_anything_to_stop(client, paint):
    assert client.post(f"/atelier/jobs/{paint()}/cancel").json() == {"stopping": False}
    assert client.post("/atelier/jobs/unknown/cancel").json() == {"stopping": False}
    assert client.get("/atelier/jobs/unknown/cancel").status_code == 405


def submit(studio, client: str, prompt: str, **changes) -> str:
    model = ModelChoice(checkpoint="storybook")
    return studio.submit(GenerationRequest(prompt=prompt, seed=1, model=model, **changes), client)


@pytest.fixture
def line(studio):
    """One job that is painted for ever, and four that wait, of three clients."""
    studio.pace = 60
    names = ("running", "mine", "mine too", "theirs", "a program's")
    clients = ("me", "me", "me", "them", "api-1234")
    ids = [submit(studio, client, name) for client, name in zip(clients, names, strict=True)]
    until = time.monotonic() + 20
    while studio.running_job() is None:
        assert time.monotonic() < until
    return ids


def queue(client, *own: str) -> list[dict]:
    return client.post("/atelier/queue", json={"jobs": list(own)}).json()


def test_the_queue_shows_words_and_ids_of_ones_own_jobs_alone(client, line):
    entries = queue(client, line[1])
    assert [entry["whose"] for entry in entries] == ["mine", "mine", "mine", "other", "program"]
    assert [entry["words"] for entry in entries] == ["running", "mine", "mine too", "", ""]
    assert [entry["id"] for entry in entries] == [*line[:3], None, line[4]]
    assert [entry["running"] for entry in entries] == [True, False, False, False, False]
    stranger = queue(client)
    assert {entry["words"] for entry in stranger} == {""}
    assert [entry["id"] for entry in stranger] == [None, None, None, None, line[4]]


def test_ones_own_jobs_change_places(client, line):
    assert client.post(f"/atelier/jobs/{line[2]}/move", json={"place": 0}).json() == {"moved": True}
    words = [entry["words"] for entry in queue(client, line[0])]
    assert words == ["running", "mine too", "mine", "", ""]
    assert client.post(f"/atelier/jobs/{line[0]}/move", json={"place": 1}).json() == {
        "moved": False
    }
    assert client.post(f"/atelier/jobs/{line[1]}/move", json={"place": -1}).status_code == 422


def test_skip_says_whether_there_was_anything_to_skip(client, line):
    assert client.post(f"/atelier/jobs/{line[0]}/skip").json() == {"skipping": True}
    assert client.post(f"/atelier/jobs/{line[1]}/skip").json() == {"skipping": False}
    assert client.post("/atelier/jobs/unknown/skip").json() == {"skipping": False}
