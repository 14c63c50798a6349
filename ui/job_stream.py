"""A job's messages as a stream of server-sent events, for one browser.

A stream rather than a gradio generator: it ends and resumes with the browser tab while the job
goes on, and holds none of gradio's worker threads. A browser that takes its messages too slowly
misses previews, never results.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable

from anyio import CapacityLimiter, to_thread

from backend.events import END_EVENTS, Event, Queued, StepDone
from backend.studio.views import StudioLike
from ui.live import Message, message, opening, place

WAIT_SECONDS = 1.0
# A browser that leaves what it is sent lying for so long is behind, and gets the newest step alone.
SLOW_SECONDS = 1.0


async def watch(
    studio: StudioLike,
    job_id: str,
    since: int,
    limiter: CapacityLimiter,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[tuple[int | None, Message]]:
    """The job's messages from event `since` on, until its last; `gone` where there is no job.

    Each comes with the number from which a browser goes on after it, or None.
    """
    view = studio.job(job_id)
    if view is None:
        yield None, {"kind": "gone"}
        return
    yield None, opening(view)
    position, behind = -1, False
    while True:
        batch = await to_thread.run_sync(
            studio.wait_events, job_id, since, WAIT_SECONDS, limiter=limiter
        )
        began = clock()
        for event, content in _told(batch, job_id, behind):
            since += 1
            position = event.position if isinstance(event, Queued) else position
            yield since, content
        behind = clock() - began > SLOW_SECONDS
        if batch and isinstance(batch[-1], END_EVENTS):
            return
        view = studio.job(job_id)
        if view is None:
            yield None, {"kind": "gone"}
            return
        if view.state == "queued" and not batch and view.position != position:
            position = view.position
            yield None, place(position)


def _told(batch: list[Event], job_id: str, behind: bool) -> list[tuple[Event, Message]]:
    """The events with their messages; only the newest step has its preview for one behind."""
    newest = next((event for event in reversed(batch) if isinstance(event, StepDone)), None)
    told = [(event, message(event, job_id)) for event in batch]
    for event, content in told:
        if behind and isinstance(event, StepDone) and event is not newest:
            content["src"] = None
    return told


class Numbering:
    """The numbers that a browser sends back to go on after a lost connection.

    They carry a mark of this run of the program: after a new start a job's events are counted anew.
    """

    def __init__(self, mark: str) -> None:
        self._mark = mark

    def since(self, last_event_id: str) -> int:
        """Where to go on; 0 for anything but a number of this run."""
        mark, _, number = last_event_id.partition("-")
        return int(number) if mark == self._mark and number.isdecimal() else 0

    def frame(self, number: int | None, content: Message) -> str:
        """One server-sent event."""
        name = "" if number is None else f"id: {self._mark}-{number}\n"
        return f"{name}data: {json.dumps(content, separators=(',', ':'))}\n\n"
