"""Jobs survive the program: rows, kept steps, order, crashes, and two programs on one folder."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from backend.events import Cancelled, Failed, ImageSaved, Queued, Skipped
from backend.request import GenerationRequest, ModelChoice
from backend.studio.history.database import FILE, open_database
from backend.studio.job import Job, KeptMoment
from backend.studio.jobs.desk import CRASHED, JobDesk
from backend.studio.jobs.moments import MomentFiles
from backend.studio.jobs.store import JobStore
from backend.studio.storage import Storage, encode_png


class Run:
    """One run of the program on an outputs folder, as far as its jobs go."""

    def __init__(self, outputs: Path) -> None:
        self.store = JobStore(open_database(outputs / FILE), outputs / "queue")
        self.storage = Storage(outputs)
        self.desk = JobDesk(self.store, self.storage.file)
        self.desk.take_over()

    def crash(self) -> None:
        """End as by kill -9: nothing is tidied, and the system lets go of the lock."""
        self.store._lock.release()

    def submit(self, prompt: str = "", client: str = "a", **changes) -> Job:
        return self.desk.submit(a_request(prompt, **changes), client)

    def waiting(self) -> list[str]:
        return [view.request.prompt for view in self.desk.line()]


def a_request(prompt: str = "", **changes) -> GenerationRequest:
    model = ModelChoice(checkpoint="m", checkpoint_hash="0" * 64)
    return GenerationRequest(prompt=prompt, seed=5, model=model, **changes)


def wait_for(there, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_waiting_jobs_are_there_after_a_crash_in_the_same_order(tmp_path):
    run = Run(tmp_path)
    jobs = [run.submit(name) for name in ("one", "two", "three")]
    run.desk.move(jobs[2].job_id, 0)
    run.desk.cancel(jobs[0].job_id)
    run.crash()
    again = Run(tmp_path)
    assert again.waiting() == ["three", "two"]
    assert again.desk.view(jobs[1].job_id).request == jobs[1].request
    assert again.desk.view(jobs[1].job_id).client == "a"
    assert again.desk.get(jobs[2].job_id).events_since(0, 0) == [Queued(position=0)]


def test_the_one_being_painted_comes_first_with_its_kept_step(tmp_path):
    run = Run(tmp_path)
    first, second = run.submit("first", batch_size=4), run.submit("second")
    job = run.desk.queue.take()
    assert job is first
    run.store.begun(job)
    pixels = np.zeros((64, 64, 3), np.uint8)
    path = run.storage.save(encode_png(pixels, "the settings"), 5)
    run.store.step_done(job, 0, lambda: b"earlier")
    run.store.picture_done(job, 0, path)
    run.store.picture_done(job, 1, None)
    run.store._moments._due = 0
    run.store.step_done(job, 2, lambda: b"bytes")
    wait_for(lambda: run.store._moments.kept(job.job_id))
    run.desk.move(second.job_id, 0)
    run.crash()
    again = Run(tmp_path)
    assert again.waiting() == ["first", "second"]
    revived = again.desk.get(first.job_id)
    assert revived.moment == KeptMoment(picture=2, content=b"bytes")
    saved, skipped = revived.earlier
    assert isinstance(saved, ImageSaved)
    assert (saved.picture, saved.path, saved.infotext) == (0, path, "the settings")
    assert saved.png == path.read_bytes()
    assert skipped == Skipped(picture=1, step=0)


def test_a_job_that_is_over_does_not_come_back_nor_do_its_steps(tmp_path):
    run = Run(tmp_path)
    job = run.submit()
    run.store.begun(job)
    run.store.step_done(job, 0, lambda: b"bytes")
    wait_for(lambda: run.store._moments.kept(job.job_id))
    run.store.ended(job)
    assert [path.name for path in (tmp_path / "queue").iterdir()] == ["lock"]
    run.crash()
    assert Run(tmp_path).waiting() == []


def test_a_job_that_was_told_to_stop_does_not_come_back(tmp_path):
    run = Run(tmp_path)
    job = run.submit()
    run.store.begun(run.desk.queue.take())
    run.desk.cancel(job.job_id)
    run.crash()
    assert Run(tmp_path).waiting() == []


def test_the_second_crash_is_the_last(tmp_path):
    run = Run(tmp_path)
    job = run.submit("poison")
    run.store.begun(job)
    run.crash()
    once = Run(tmp_path)
    assert once.waiting() == ["poison"]
    once.store.begun(once.desk.get(job.job_id))
    once.crash()
    twice = Run(tmp_path)
    assert twice.waiting() == []
    assert twice.desk.get(job.job_id).events_since(0, 0) == [Failed(error=CRASHED)]
    twice.crash()
    assert Run(tmp_path).desk.get(job.job_id) is None


def test_an_end_in_good_order_counts_as_no_crash(tmp_path):
    for _ in range(4):
        run = Run(tmp_path)
        job = run.submit() if not run.waiting() else run.desk.get(run.desk.line()[0].job_id)
        run.store.begun(job)
        run.desk.close()
    assert len(Run(tmp_path).waiting()) == 1


def test_what_ends_while_the_program_closes_is_not_over(tmp_path):
    run = Run(tmp_path)
    job = run.submit("unfinished")
    run.store.begun(job)
    run.desk.close()
    run.store.ended(job)  # the worker, which was told to stop
    job.publish(Cancelled(picture=0, step=3))
    assert Run(tmp_path).waiting() == ["unfinished"]


def test_kept_steps_outlive_a_start_at_which_the_database_could_not_be_used(tmp_path):
    run = Run(tmp_path)
    job = run.submit("kept")
    run.store.begun(job)
    run.store.step_done(job, 0, lambda: b"bytes")
    wait_for(lambda: run.store._moments.kept(job.job_id))
    run.crash()
    connection = sqlite3.connect(tmp_path / FILE)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute("PRAGMA user_version = 999")
    other = Run(tmp_path)
    assert other.waiting() == []
    other.crash()
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    again = Run(tmp_path)
    assert again.desk.get(job.job_id).moment == KeptMoment(picture=0, content=b"bytes")


def test_a_second_program_leaves_the_firsts_jobs_alone(tmp_path):
    first = Run(tmp_path)
    first.submit("mine")
    second = Run(tmp_path)
    assert second.waiting() == []
    second.submit("in memory")
    assert second.waiting() == ["in memory"]
    second.desk.close()
    first.crash()
    assert Run(tmp_path).waiting() == ["mine"]


def test_a_job_that_cannot_be_read_does_not_hold_up_the_others(tmp_path):
    run = Run(tmp_path)
    broken, _ = run.submit("broken"), run.submit("fine")
    run.crash()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE jobs SET request = '{' WHERE id = ?", [broken.job_id])
    assert Run(tmp_path).waiting() == ["fine"]


def test_an_engine_that_does_not_start_loses_no_job(tmp_path):
    run = Run(tmp_path)
    job = run.submit("patient")
    run.desk.put_off("No such device.")
    assert job.events_since(0, 0)[-1] == Failed(error="No such device.")
    run.crash()
    assert Run(tmp_path).waiting() == ["patient"]


@pytest.fixture
def moments(tmp_path):
    clock = [100.0]
    files = MomentFiles(tmp_path, clock=lambda: clock[0])
    yield files, clock
    files.close()


def test_a_step_a_second_is_taken_apart(moments):
    files, clock = moments
    asked: list[float] = []
    for _ in range(30):
        files.offer("aa", 0, lambda: asked.append(clock[0]) or b"x")
        clock[0] += 0.1
    assert len(asked) == 3


def test_a_step_that_cannot_be_taken_apart_harms_nothing(moments):
    files, clock = moments
    files.offer("aa", 0, lambda: 1 / 0)
    clock[0] += 5
    files.offer("aa", 0, lambda: b"x")
    wait_for(lambda: files.kept("aa"))


def test_a_full_disk_harms_nothing(tmp_path):
    files = MomentFiles(tmp_path / "not there")
    files.offer("aa", 0, lambda: b"x")
    files.close()
    assert files.kept("aa") is None


def test_the_last_step_is_kept_on_closing_and_only_it(moments, tmp_path):
    files, clock = moments
    for picture, content in [(0, b"a"), (0, b"b"), (1, b"c")]:
        clock[0] += 2
        files.offer("aa", picture, lambda content=content: content)
    files.close()
    assert files.kept("aa") == KeptMoment(picture=1, content=b"c")
    assert [path.name for path in tmp_path.iterdir()] == ["aa-1.safetensors"]
