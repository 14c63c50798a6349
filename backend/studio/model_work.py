"""Long work on the models folder, such as a download: followed, stopped, and told in words."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from backend.errors import AtelierError, InvalidRequest, Stopped
from backend.library.watch import Watch

log = logging.getLogger(__name__)

MAX_RUNNING = 4
KEPT = 12  # pieces of work whose end is still told
State = Literal["running", "done", "failed", "stopped"]


@dataclass(frozen=True, kw_only=True)
class WorkView:
    """A piece of work as it stands.

    `done` and `total` are in bytes; `total` is 0 while it is not known. `seconds_left` is an
    estimate, or None. `sentence` says how it ended, and is empty while it runs.
    """

    number: int
    title: str
    state: State
    done: int
    total: int
    seconds_left: float | None
    sentence: str


@dataclass(eq=False)
class _Work:
    number: int
    title: str
    state: State = "running"
    done: int = 0
    total: int = 0
    began: float = field(default_factory=time.monotonic)
    sentence: str = ""
    stop: threading.Event = field(default_factory=threading.Event)

    def progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total

    def view(self) -> WorkView:
        return WorkView(
            number=self.number,
            title=self.title,
            state=self.state,
            done=self.done,
            total=self.total,
            seconds_left=self._seconds_left() if self.state == "running" else None,
            sentence=self.sentence,
        )

    def _seconds_left(self) -> float | None:
        seconds = time.monotonic() - self.began
        if not 0 < self.done <= self.total or seconds < 1:
            return None
        return seconds * (self.total - self.done) / self.done


class ModelWork:
    """Runs each piece in a thread of its own; safe to use from several threads."""

    def __init__(self) -> None:
        self._works: dict[int, _Work] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def start(self, title: str, work: Callable[[Watch], str]) -> int:
        """Begin, and return its number; `work` returns a sentence that says what came of it.

        Raises `InvalidRequest` where the same is being done already, or too much at once.
        """
        with self._lock:
            running = [each for each in self._works.values() if each.state == "running"]
            if title in [each.title for each in running]:
                raise InvalidRequest("work", f"{title} already.")
            if len(running) >= MAX_RUNNING:
                raise InvalidRequest("work", "Enough is being done at once; wait for some of it.")
            begun = _Work(next(self._numbers), title)
            self._works[begun.number] = begun
            self._forget_old()
        threading.Thread(target=_run, args=[begun, work], name="model work", daemon=True).start()
        return begun.number

    def stop(self, number: int) -> bool:
        """Ask a piece of work to stop; one that is over is no longer told of. False: not there."""
        with self._lock:
            work = self._works.get(number)
            if work is None:
                return False
            work.stop.set()
            if work.state != "running":
                del self._works[number]
            return True

    def stop_all(self) -> None:
        """Ask everything to stop."""
        for work in list(self._works.values()):
            work.stop.set()

    def views(self) -> tuple[WorkView, ...]:
        """All that runs, and what ended lately, newest first."""
        with self._lock:
            return tuple(work.view() for work in reversed(self._works.values()))

    def _forget_old(self) -> None:
        over = [number for number, work in self._works.items() if work.state != "running"]
        for number in over[: max(0, len(over) - KEPT)]:
            del self._works[number]


def _run(begun: _Work, work: Callable[[Watch], str]) -> None:
    state: State = "failed"
    try:
        sentence = work(Watch(begun.progress, begun.stop.is_set))
        state = "done"
    except Stopped:
        state, sentence = "stopped", "Stopped."
    except AtelierError as error:
        sentence = str(error)
    except Exception:
        log.exception("%s failed", begun.title)
        sentence = "Something unexpected went wrong; the program's log says what."
    begun.sentence = sentence
    begun.state = state
