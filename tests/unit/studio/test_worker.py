"""The worker: events in order, stopping between steps, and surviving every failure."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from backend.errors import ModelError
from backend.events import Cancelled, Failed, Finished, ImageSaved, Started, StepDone, Waiting
from backend.request import GenerationRequest, ModelChoice
from backend.studio.history.door import HistoryRoom
from backend.studio.history.values import HistoryQuery
from backend.studio.inputs import InputPictures
from backend.studio.job import Job
from backend.studio.queue import FairQueue
from backend.studio.storage import Storage
from backend.studio.worker import UNEXPECTED, Picture, StepOutcome, Worker


class ScriptedWorkshop:
    """Paints grey; `fault` is raised at step 2, `before_step` is called before each step."""

    def __init__(self, fault: Exception | None = None, before_step=lambda step: None) -> None:
        self.fault = fault
        self.before_step = before_step
        self.decoded = self.closed = 0

    def prepare(self, request, report, stopped):
        report("Loading m.")
        return self

    def close(self):
        self.closed += 1

    def paint(self, request):
        for step in range(1, request.steps + 1):
            self.before_step(step)
            if self.fault and step == 2:
                raise self.fault
            yield StepOutcome(step=step, total=request.steps, sigma=1.0, preview=b"jpeg")
        self.decoded += 1
        pixels = np.full((request.height, request.width, 3), request.seed, np.uint8)
        yield Picture(pixels=pixels, infotext=f"seed {request.seed}")


def a_job(**changes) -> Job:
    values = {"seed": 5, "steps": 3, "width": 64, "height": 64}
    model = ModelChoice(checkpoint="m")
    return Job("id", "client", GenerationRequest(**{**values, **changes}, model=model))


def run(job: Job, workshop, outputs) -> list:
    room = HistoryRoom(Storage(outputs), InputPictures(outputs / "inputs"))
    room.step_keeper.start()
    Worker(FairQueue(), workshop, room.archive).run_job(job)
    room.close()
    return job.events_since(0, 0)


def test_a_batch_is_painted_saved_and_told_in_order(tmp_path):
    events = run(a_job(batch_size=2), ScriptedWorkshop(), tmp_path)
    assert [type(event) for event in events] == [
        Waiting,
        Started,
        *[StepDone] * 3,
        ImageSaved,
        *[StepDone] * 3,
        ImageSaved,
        Finished,
    ]
    saved = [event for event in events if isinstance(event, ImageSaved)]
    assert [event.seed for event in saved] == [5, 6]
    with Image.open(saved[1].path) as picture:
        assert picture.getpixel((0, 0)) == (6, 6, 6)
        assert picture.info["parameters"] == "seed 6"


def test_a_picture_is_in_the_history_with_its_steps(tmp_path):
    run(a_job(steps=3, batch_size=2), ScriptedWorkshop(), tmp_path)
    room = HistoryRoom(Storage(tmp_path), InputPictures(tmp_path / "inputs"))
    second, first = room.history.page(HistoryQuery(), None, 9)
    assert (first.seed, second.seed, first.infotext) == (5, 6, "seed 5")
    assert first.kept_steps == second.kept_steps == 3
    assert room.history.steps(first.id) == [b"jpeg"] * 3
    assert room.history.request(second.id).seed == 6


def test_time_left_reaches_zero_with_the_last_step(tmp_path):
    steps = [e for e in run(a_job(), ScriptedWorkshop(), tmp_path) if isinstance(e, StepDone)]
    assert steps[-1].eta == 0
    assert all(earlier.eta >= 0 for earlier in steps)


def test_stop_takes_effect_within_one_step_and_nothing_is_decoded(tmp_path):
    job = a_job(steps=10)
    workshop = ScriptedWorkshop(before_step=lambda step: job.stop.set() if step == 4 else None)
    events = run(job, workshop, tmp_path)
    assert events[-1] == Cancelled(picture=0, step=4)
    assert (workshop.decoded, workshop.closed) == (0, 1)
    assert not any(isinstance(event, ImageSaved) for event in events)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [(ModelError("The file is broken."), "The file is broken."), (ValueError("x"), UNEXPECTED)],
)
def test_a_failure_is_one_sentence_and_the_next_job_is_unaffected(tmp_path, fault, sentence):
    workshop = ScriptedWorkshop(fault)
    assert run(a_job(), workshop, tmp_path)[-1] == Failed(error=sentence)
    workshop.fault = None
    assert isinstance(run(a_job(), workshop, tmp_path)[-1], Finished)
    assert workshop.closed == 2


def test_a_picture_that_cannot_be_saved_is_still_handed_out(tmp_path):
    blocked = tmp_path / "outputs"
    blocked.write_text("a file where the folder should be")
    events = run(a_job(), ScriptedWorkshop(), blocked)
    saved = next(event for event in events if isinstance(event, ImageSaved))
    assert saved.path is None
    assert "could not be saved" in saved.note
    assert saved.png.startswith(b"\x89PNG")
    assert isinstance(events[-1], Finished)
