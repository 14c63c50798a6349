"""Scripted events become the messages that the canvas draws."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from pathlib import Path

import pytest
from anyio import CapacityLimiter

from backend.events import (
    Cancelled,
    Failed,
    Finished,
    ImageSaved,
    Queued,
    Skipped,
    Started,
    StepDone,
    Waiting,
)
from backend.request import GenerationRequest, ModelChoice
from backend.studio.views import JobView
from backend.tasks import ImageToImage, PictureRef
from tests.ui.fake_studio import FakeJob, FakeStudio
from ui.job_stream import watch
from ui.live import message, opening


def step(**changes) -> StepDone:
    values = {"picture": 0, "step": 3, "total": 9, "eta": 1.234, "sigma": 0.98765}
    return StepDone(preview=b"\xff\xd8jpeg", **(values | changes))


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Queued(position=2), {"kind": "queued", "position": 2}),
        (Waiting(reason="Loading."), {"kind": "waiting", "reason": "Loading."}),
        (Started(steps=9, pictures=2), {"kind": "started", "pictures": 2}),
        (Finished(seconds=5.037), {"kind": "finished", "seconds": 5.04}),
        (Cancelled(picture=1, step=7), {"kind": "cancelled", "picture": 1, "step": 7}),
        (Skipped(picture=1, step=7), {"kind": "skipped", "picture": 1, "step": 7}),
        (Failed(error="Too big."), {"kind": "failed", "error": "Too big."}),
    ],
)
def test_plain_events(event, expected):
    assert message(event, "j") == expected


def test_a_step_carries_its_preview_as_a_data_uri():
    told = message(step(), "j")
    head, data = told["src"].split(",")
    assert head == "data:image/jpeg;base64"
    assert b64decode(data) == b"\xff\xd8jpeg"
    assert (told["step"], told["total"], told["eta"], told["sigma"]) == (3, 9, 1.23, 0.988)


def test_a_job_from_a_picture_tells_its_input_and_the_steps_that_run():
    ref = PictureRef(sha256="ab" * 32, width=64, height=64)
    task = ImageToImage(picture=ref, strength=0.5, resize="Stretch")
    request = GenerationRequest(seed=1, steps=20, model=ModelChoice(checkpoint="x"), task=task)
    view = JobView(job_id="j", client="c", state="queued", position=0, request=request)
    told = opening(view)
    assert told["steps"] == 10
    assert told["input"] == {"url": f"./atelier/inputs/{'ab' * 32}", "fit": "fill"}


def test_a_step_without_preview_has_no_picture():
    assert (
        message(StepDone(picture=0, step=1, total=2, eta=0, sigma=1, preview=None), "j")["src"]
        is None
    )


def saved(path: Path | None) -> ImageSaved:
    return ImageSaved(
        picture=1, path=path, seed=7, infotext="a\nSteps: 1", width=64, height=32, png=b"png"
    )


def test_a_saved_picture_is_found_by_its_address_relative_to_the_page():
    told = message(saved(Path("/somewhere/2026-01-02/00007-7.png")), "j")
    assert told["url"] == "./atelier/pictures/2026-01-02/00007-7.png"
    assert told["name"] == "00007-7.png"
    assert "somewhere" not in json.dumps(told)


def test_a_picture_that_could_not_be_written_is_found_at_its_job():
    assert message(saved(None), "a/b")["url"] == "./atelier/jobs/a%2Fb/pictures/1"


def frames(studio: FakeStudio, job_id: str, since: int = 0) -> list[tuple[int | None, dict]]:
    """All frames of a job's stream as (number, message)."""

    async def collect() -> list[tuple[int | None, dict]]:
        return [one async for one in watch(studio, job_id, since, CapacityLimiter(2))]

    return asyncio.run(collect())


def test_the_stream_of_a_finished_job_tells_all_of_it_again(studio, paint):
    job_id = paint(batch_size=2)
    told = [content for _, content in frames(studio, job_id)]
    assert told[0] == opening(studio.job(job_id))
    kinds = [content["kind"] for content in told]
    picture = ["step"] * 3 + ["saved"]
    assert kinds == ["job", "queued", "started", *picture, *picture, "finished"]


def test_the_stream_goes_on_where_a_lost_connection_left_it(studio, paint):
    job_id = paint()
    everything = frames(studio, job_id)
    numbers = [number for number, _ in everything[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert frames(studio, job_id, since=4)[1:] == everything[5:]


def test_an_unknown_job_is_gone(studio):
    assert frames(studio, "none of mine") == [(None, {"kind": "gone"})]


def test_a_message_cannot_break_out_of_its_frame(client, paint):
    job_id = paint(prompt="a\n\ndata: {}\r\n🎈</script>")
    text = client.get(f"/atelier/jobs/{job_id}/events").text
    told = [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: ")]
    assert [content["kind"] for content in told].count("saved") == 1


class SlowBrowser:
    """Takes a job's messages one by one; each takes `seconds` of a clock of its own."""

    def __init__(self, studio: FakeStudio, job_id: str) -> None:
        self.seconds = 0.0
        self._now = 0.0
        self._stream = watch(studio, job_id, 0, CapacityLimiter(2), clock=lambda: self._now)

    async def take(self) -> dict:
        _, content = await anext(self._stream)
        self._now += self.seconds
        return content


def test_a_slow_browser_misses_previews_but_neither_steps_nor_results(studio):
    job_id, tell = scripted(studio, steps=30)

    async def visit() -> list[dict]:
        browser = SlowBrowser(studio, job_id)
        tell(0, 5)
        told = [await browser.take() for _ in range(2 + 4)]
        browser.seconds = 10
        told.append(await browser.take())
        tell(5, 29)  # while it takes the fifth step
        told += [await browser.take() for _ in range(24)]
        browser.seconds = 0
        tell(29, 30)
        told += [await browser.take() for _ in range(1)]
        studio.jobs[job_id].events += [saved(None), Finished(seconds=1)]
        return [*told, await browser.take(), await browser.take()]

    told = asyncio.run(visit())
    steps = [content for content in told if content["kind"] == "step"]
    assert [content["step"] for content in steps] == list(range(1, 31))
    seen = [content["step"] for content in steps if content["src"]]
    assert seen == [1, 2, 3, 4, 5, 29, 30]
    assert [content["kind"] for content in told[-2:]] == ["saved", "finished"]


def scripted(studio: FakeStudio, steps: int):
    """A job that does only what it is told: `tell(first, last)` adds its steps."""
    request = GenerationRequest(seed=1, steps=steps, model=ModelChoice(checkpoint="storybook"))
    job = FakeJob("scripted", "tests", request, [Started(steps=steps, pictures=1)])
    studio.jobs[job.job_id] = job

    def tell(first: int, last: int) -> None:
        job.events += [step(step=number + 1, total=steps) for number in range(first, last)]

    return job.job_id, tell
