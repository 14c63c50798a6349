"""A job: a request, the events that have happened to it, and what it was asked to do."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from backend.events import (
    END_EVENTS,
    Cancelled,
    Event,
    Failed,
    Finished,
    ImageSaved,
    Queued,
    Skipped,
    StepDone,
)
from backend.request import GenerationRequest
from backend.studio.views import JobState


@dataclass(frozen=True, kw_only=True)
class KeptMoment:
    """The last kept step of a picture that was broken off: its index, and the engine's bytes."""

    picture: int
    content: bytes = field(repr=False)


@dataclass(eq=False)
class Job:
    """Events are only ever appended, so any number of watchers read them by number.

    `stop` ends the job at the next step, `skip` the picture. `earlier` are the pictures that a
    former run of the program was done with, `moment` is where it was broken off.
    """

    job_id: str
    client: str
    request: GenerationRequest
    stop: threading.Event = field(default_factory=threading.Event)
    skip: threading.Event = field(default_factory=threading.Event)
    earlier: tuple[ImageSaved | Skipped, ...] = ()
    moment: KeptMoment | None = None
    _events: list[Event] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def publish(self, event: Event) -> None:
        """Append an event and wake whoever waits for it."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def events_since(self, since: int, timeout: float) -> list[Event]:
        """Events from number `since` on; waits up to `timeout` seconds for the first."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while len(self._events) <= since and not self.over:
                remaining = deadline - time.monotonic()
                if remaining <= 0 or not self._changed.wait(remaining):
                    break
            return self._events[max(0, since) :]

    @property
    def share(self) -> float:
        """How much of the job is painted, from 0 to 1, as of its last step."""
        with self._changed:
            steps = (event for event in reversed(self._events) if isinstance(event, StepDone))
            last = next(steps, None)
        if last is None:
            return 0.0
        return (last.picture + last.step / last.total) / self.request.batch_size

    @property
    def over(self) -> bool:
        """Whether its last event is an end."""
        return bool(self._events) and isinstance(self._events[-1], END_EVENTS)

    @property
    def state(self) -> JobState:
        """Derived from the last event, so that it can never disagree with the events."""
        last = self._events[-1] if self._events else Queued(position=0)
        match last:
            case Queued():
                return "queued"
            case Finished():
                return "finished"
            case Cancelled():
                return "cancelled"
            case Failed():
                return "failed"
            case _:
                return "running"
