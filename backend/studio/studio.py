"""The Studio: one door for the page and the API to everything that is done and kept."""

from __future__ import annotations

import dataclasses
import logging
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backend.engine.sampler_table import check_combination
from backend.errors import AtelierError, InvalidRequest
from backend.events import Cancelled, Event, Failed
from backend.library.library import Library
from backend.models import ModelSpec, VaeSpec
from backend.request import GenerationRequest, clean_text, validate
from backend.studio.history.door import STEP_BUDGET, HistoryDoor, HistoryRoom
from backend.studio.inputs import InputPictures
from backend.studio.job import Job
from backend.studio.model_desk import ModelDesk
from backend.studio.queue import FairQueue
from backend.studio.storage import Storage
from backend.studio.views import (
    AdapterFile,
    JobView,
    KeptPicture,
    SavedPicture,
    StudioState,
    TokenCount,
)
from backend.studio.worker import Worker

if TYPE_CHECKING:
    from backend.studio.workshop import EngineWorkshop

log = logging.getLogger(__name__)

MAX_WAITING = 200  # jobs in the queue; more is a mistake or an attack
KEPT_JOBS = 40  # finished jobs whose events can still be watched


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the Studio keeps things and what it paints on.

    `device` is "auto", "cpu", "cuda" or "mps"; `dtype` is "auto", "fp32", "bf16" or "fp16".
    `step_budget` is how many bytes of steps are kept with pictures; 0 keeps none.
    `cache_bytes` bounds the checkpoints kept in memory; None means half of what is free.
    """

    models: Path
    outputs: Path
    device: str = "auto"
    dtype: str = "auto"
    step_budget: int = STEP_BUDGET
    cache_bytes: int | None = None


class Studio(HistoryDoor):
    """Owns the jobs, the worker thread and the loaded model; see `views.StudioLike`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._library = Library(settings.models)
        self.models = ModelDesk(self._library)
        self._storage = Storage(settings.outputs)
        self._inputs = InputPictures(settings.outputs / "inputs")
        self._room = HistoryRoom(self._storage, self._inputs, settings.step_budget)
        self._queue = FairQueue()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._workshop: EngineWorkshop | None = None
        self._worker: Worker | None = None
        self._trouble = ""

    def start(self) -> None:
        """Warm up and then work, in a thread of its own; returns at once."""
        self._room.start()
        threading.Thread(target=self._work, name="painter", daemon=True).start()
        self._library.watch()

    def close(self) -> None:
        """Stop after the step in progress; the waiting jobs are left undone."""
        self._queue.close()
        self._library.close()
        self.models.close()
        with self._lock:
            for job in self._jobs.values():
                job.stop.set()
        self._room.close()

    def state(self) -> StudioState:
        workshop, worker = self._workshop, self._worker
        queued, models = len(self._queue), self._library.revision
        if self._trouble:
            return StudioState(phase="failed", message=self._trouble, queued=queued, models=models)
        if workshop is None or worker is None:
            message = "The painting engine is starting; a picture asked for now is painted first."
            return StudioState(phase="warming", message=message, queued=queued, models=models)
        used, total = workshop.memory()
        return StudioState(
            phase="ready",
            device=workshop.device_label,
            memory_used=used,
            memory_total=total,
            busy=worker.busy,
            queued=queued,
            models=models,
        )

    def checkpoints(self) -> list[ModelSpec]:
        return list(self._library.catalogue.checkpoints)

    def vaes(self) -> list[VaeSpec]:
        return list(self._library.catalogue.vaes)

    def explain_vae(self, checkpoint: str, vae: str) -> str:
        try:
            return self._library.vae(checkpoint, vae).reason
        except AtelierError as error:
            return str(error)

    def refresh(self) -> None:
        self._library.refresh()

    def adapters(self) -> list[AdapterFile]:
        catalogue = self._library.catalogue
        kinds = {
            "LoRA": catalogue.loras,
            "embedding": catalogue.embeddings,
            "hypernetwork": catalogue.hypernetworks,
        }
        return [
            AdapterFile(kind=kind, name=name, path=path)
            for kind, files in kinds.items()
            for name, path in files.items()
        ]

    def count_tokens(
        self, prompt: str, steps: int = 20, negative: bool = False
    ) -> TokenCount | None:
        if self._workshop is None:
            return None
        return self._workshop.count_tokens(clean_text(prompt), steps, negative)

    def submit(self, request: GenerationRequest, client: str) -> str:
        validate(request)
        check_combination(request.sampler, request.schedule)
        job = Job(secrets.token_hex(8), client, self._complete(request))
        with self._lock:
            if len(self._queue) >= MAX_WAITING:
                raise InvalidRequest("batch_size", "The queue is full; wait for some pictures.")
            self._jobs[job.job_id] = job
            self._forget_old_jobs()
        self._queue.add(job)
        if self._trouble:
            self._fail_waiting(job)
        return job.job_id

    def cancel(self, job_id: str) -> bool:
        job = self._jobs.get(job_id)
        if job is None or job.over:
            return False
        job.stop.set()
        if self._queue.remove(job):
            job.publish(Cancelled(picture=0, step=0))
        return True

    def job(self, job_id: str) -> JobView | None:
        job = self._jobs.get(job_id)
        if job is None:
            return None
        return JobView(
            job_id=job.job_id,
            client=job.client,
            state=job.state,
            position=self._queue.position(job),
            request=job.request,
        )

    def running_job(self) -> str | None:
        jobs = list(self._jobs.values())
        return next((job.job_id for job in jobs if job.state == "running"), None)

    def wait_events(self, job_id: str, since: int, timeout: float) -> list[Event]:
        job = self._jobs.get(job_id)
        return job.events_since(since, timeout) if job else []

    def recent(self, limit: int) -> list[SavedPicture]:
        return self._storage.recent(limit)

    def picture_file(self, name: str) -> Path | None:
        return self._storage.file(name)

    def keep_picture(self, data: bytes) -> KeptPicture:
        return self._inputs.keep(data)

    def input_file(self, sha256: str) -> Path | None:
        return self._inputs.file(sha256)

    def _complete(self, request: GenerationRequest) -> GenerationRequest:
        """The request with the model's hash inside, and text that a PNG can hold.

        A file that is still to be hashed is hashed by its job, which tells how far it is.
        """
        spec = self._library.checkpoint(request.model.checkpoint)
        self._library.vae(spec.name, request.model.vae)
        return dataclasses.replace(
            request,
            prompt=clean_text(request.prompt),
            negative_prompt=clean_text(request.negative_prompt),
            model=dataclasses.replace(
                request.model, checkpoint_hash=self._library.known_hash(spec)
            ),
        )

    def _forget_old_jobs(self) -> None:
        over = [job_id for job_id, job in self._jobs.items() if job.over]
        for job_id in over[: max(0, len(over) - KEPT_JOBS)]:
            del self._jobs[job_id]

    def _work(self) -> None:
        self._library.refresh()
        try:
            # Imports torch, which takes seconds: the page is served meanwhile.
            from backend.studio.workshop import EngineWorkshop

            workshop = EngineWorkshop(
                self._library,
                self._inputs,
                self._settings.device,
                self._settings.dtype,
                self._settings.cache_bytes,
            )
            self._workshop = workshop
            workshop.warm_up()
            self._worker = Worker(self._queue, workshop, self._room.archive)
        except AtelierError as error:
            self._trouble = str(error)
        except Exception:
            log.exception("the painting engine did not start")
            self._trouble = "The painting engine did not start; the program's log says why."
        if self._trouble or self._worker is None:
            self._queue.close()
            for job in list(self._jobs.values()):
                self._fail_waiting(job)
            return
        self._worker.run()

    def _fail_waiting(self, job: Job) -> None:
        if self._queue.remove(job):
            job.publish(Failed(error=self._trouble))
