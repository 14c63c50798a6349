"""The queue: order, fairness between browsers, places told, removal."""

from __future__ import annotations

import threading

import pytest

from backend.events import Queued
from backend.request import GenerationRequest, ModelChoice
from backend.studio.job import Job
from backend.studio.queue import FairQueue


def a_job(name: str, client: str = "a") -> Job:
    return Job(name, client, GenerationRequest(seed=1, model=ModelChoice(checkpoint="m")))


def taken(queue: FairQueue) -> str:
    job = queue.take()
    assert job is not None
    return job.job_id


def test_clients_take_turns():
    queue = FairQueue()
    for name, client in [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("c1", "c")]:
        queue.add(a_job(name, client))
    assert [taken(queue) for _ in range(5)] == ["a1", "b1", "c1", "a2", "a3"]


def test_every_place_is_told_when_it_changes():
    queue = FairQueue()
    first, second = a_job("1"), a_job("2", "b")
    queue.add(first)
    queue.add(second)
    queue.take()
    assert first.events_since(0, 0) == [Queued(position=0)]
    assert second.events_since(0, 0) == [Queued(position=1), Queued(position=0)]


def test_the_told_place_is_the_order_of_taking():
    queue = FairQueue()
    jobs = [a_job("a1"), a_job("a2"), a_job("b1", "b"), a_job("b2", "b")]
    for job in jobs:
        queue.add(job)
    by_place = sorted(jobs, key=queue.position)
    assert [taken(queue) for _ in jobs] == [job.job_id for job in by_place]


def test_a_removed_job_is_not_taken():
    queue = FairQueue()
    kept, removed = a_job("kept"), a_job("removed")
    queue.add(removed)
    queue.add(kept)
    assert queue.remove(removed)
    assert not queue.remove(removed)
    assert len(queue) == 1
    assert taken(queue) == "kept"


@pytest.mark.parametrize("act", ["add", "close"])
def test_take_waits_and_wakes(act):
    queue, got = FairQueue(), []
    waiter = threading.Thread(target=lambda: got.append(queue.take()))
    waiter.start()
    job = a_job("1")
    _ = queue.add(job) if act == "add" else queue.close()
    waiter.join(5)
    assert got == [job if act == "add" else None]


def test_a_job_is_moved_among_its_own_clients_jobs_only():
    queue = FairQueue()
    jobs = [a_job("a1"), a_job("a2"), a_job("b1", "b"), a_job("a3")]
    for job in jobs:
        queue.add(job)
    assert [job.job_id for job in queue.order()] == ["a1", "b1", "a2", "a3"]
    assert [job.job_id for job in queue.move(jobs[3], 0)] == ["a3", "a1", "a2"]
    assert [job.job_id for job in queue.order()] == ["a3", "b1", "a1", "a2"]
    assert jobs[0].events_since(0, 0)[-1] == Queued(position=2)


def test_a_job_that_does_not_wait_is_not_moved():
    queue = FairQueue()
    job = a_job("a1")
    queue.add(job)
    queue.take()
    assert queue.move(job, 0) == []
    assert queue.move(a_job("never"), 0) == []
