"""The worker: events in order, stopping between steps, and surviving every failure."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from backend.errors import InvalidRequest, ModelError
from backend.events import (
    Cancelled,
    Failed,
    Finished,
    ImageSaved,
    Skipped,
    Started,
    StepDone,
    Waiting,
)
from backend.request import GenerationRequest, ModelChoice
from backend.studio.history.door import HistoryRoom
from backend.studio.history.values import HistoryQuery
from backend.studio.inputs import InputPictures
from backend.studio.job import Job, KeptMoment
from backend.studio.painting import Picture, StepOutcome
from backend.studio.queue import FairQueue
from backend.studio.storage import Storage
from backend.studio.worker import UNEXPECTED, Worker


class ScriptedWorkshop:
    """Paints grey; `fault` is raised at step 2, `before_step` is called before each step."""

    def __init__(self, fault: Exception | None = None, before_step=lambda step: None) -> None:
        self.fault = fault
        self.before_step = before_step
        self.decoded = self.closed = 0
        self.went_on_from: list[bytes | None] = []

    def prepare(self, request, report, stopped):
        report("Loading m.")
        return self

    def close(self):
        self.closed += 1

    def paint(self, request, kept=None):
        self.went_on_from.append(kept)
        for step in range(1 + int(kept or 0), request.steps + 1):
            self.before_step(step)
            if self.fault and step == 2:
                raise self.fault
            yield StepOutcome(
                step=step,
                total=request.steps,
                sigma=1.0,
                preview=b"jpeg",
                pack=lambda step=step: b"%d" % step,
            )
        self.decoded += 1
        pixels = np.full((request.height, request.width, 3), request.seed, np.uint8)
        yield Picture(pixels=pixels, infotext=f"seed {request.seed}")


class Noted:
    """A record that only notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple] = []

    def begun(self, job):
        self.told.append(("begun",))

    def step_done(self, job, picture, pack):
        self.told.append(("step", picture, pack()))

    def picture_done(self, job, picture, path):
        self.told.append(("picture", picture, path is not None))

    def ended(self, job):
        self.told.append(("ended", job.over))


def a_job(earlier=(), moment=None, **changes) -> Job:
    values = {"seed": 5, "steps": 3, "width": 64, "height": 64}
    request = GenerationRequest(**{**values, **changes}, model=ModelChoice(checkpoint="m"))
    return Job("id", "client", request, earlier=earlier, moment=moment)


def run(job: Job, workshop, outputs, record=None) -> list:
    room = HistoryRoom(Storage(outputs), InputPictures(outputs / "inputs"))
    room.step_keeper.start()
    Worker(FairQueue(), workshop, room.archive, record or Noted()).run_job(job)
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
    ("fault", "end"),
    [
        (ModelError("The file is broken."), Failed(error="The file is broken.", kind="ModelError")),
        (ValueError("x"), Failed(error=UNEXPECTED)),
    ],
)
def test_a_failure_is_one_sentence_and_the_next_job_is_unaffected(tmp_path, fault, end):
    workshop = ScriptedWorkshop(fault)
    assert run(a_job(), workshop, tmp_path)[-1] == end
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


def test_skip_goes_on_with_the_next_picture_and_decodes_nothing(tmp_path):
    job = a_job(steps=4, batch_size=3)
    seen: list[int] = []

    def before_step(step: int) -> None:
        seen.append(step)
        if seen == [1, 2, 3, 4, 1, 2]:  # the second picture's second step
            job.skip.set()

    workshop, record = ScriptedWorkshop(before_step=before_step), Noted()
    events = run(job, workshop, tmp_path, record)
    assert [event for event in events if isinstance(event, Skipped)] == [Skipped(picture=1, step=2)]
    assert [event.picture for event in events if isinstance(event, ImageSaved)] == [0, 2]
    assert workshop.decoded == 2
    assert ("picture", 1, False) in record.told
    assert [event.eta for event in events if isinstance(event, StepDone)][-1] == 0
    assert isinstance(events[-1], Finished)


def test_a_skip_while_a_picture_is_decoded_does_not_hit_the_next(tmp_path):
    job = a_job(batch_size=2)

    class Late(ScriptedWorkshop):
        def paint(self, request, kept=None):
            for outcome in super().paint(request, kept):
                if isinstance(outcome, Picture) and request.seed == 5:
                    job.skip.set()
                yield outcome

    events = run(job, Late(), tmp_path)
    assert [event.picture for event in events if isinstance(event, ImageSaved)] == [0, 1]


def test_all_that_it_takes_to_go_on_is_recorded_before_it_is_told(tmp_path):
    record = Noted()
    run(a_job(batch_size=2, steps=2), ScriptedWorkshop(), tmp_path, record)
    assert record.told == [
        ("begun",),
        ("step", 0, b"1"),
        ("step", 0, b"2"),
        ("picture", 0, True),
        ("step", 1, b"1"),
        ("step", 1, b"2"),
        ("picture", 1, True),
        ("ended", False),
    ]


def test_a_job_of_a_former_run_goes_on_where_it_was(tmp_path):
    first = ImageSaved(
        picture=0, path=None, seed=5, infotext="seed 5", width=64, height=64, png=b"png"
    )
    job = a_job(batch_size=3, earlier=(first,), moment=KeptMoment(picture=1, content=b"2"), steps=3)
    workshop = ScriptedWorkshop()
    events = run(job, workshop, tmp_path)
    assert workshop.went_on_from == [b"2", None]
    told = [event for event in events if isinstance(event, ImageSaved | StepDone)]
    assert [(type(event), event.picture) for event in told] == [
        (ImageSaved, 0),
        (StepDone, 1),
        (ImageSaved, 1),
        *[(StepDone, 2)] * 3,
        (ImageSaved, 2),
    ]


def test_a_fault_of_the_request_is_told_with_its_field(tmp_path):
    end = run(a_job(), ScriptedWorkshop(InvalidRequest("clip_skip", "Too many.")), tmp_path)[-1]
    assert end == Failed(error="Too many.", kind="InvalidRequest", field="clip_skip")
