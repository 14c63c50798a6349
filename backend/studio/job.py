"""A job: a request, the events that have happened to it, and whether it was asked to stop."""

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
    Queued,
)
from backend.request import GenerationRequest
from backend.studio.views import JobState


@dataclass(eq=False)
class Job:
    """Events are only ever appended, so any number of watchers read them by number."""

    job_id: str
    client: str
    request: GenerationRequest
    stop: threading.Event = field(default_factory=threading.Event)
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
