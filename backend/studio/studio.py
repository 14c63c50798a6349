"""The Studio: one door for the page and the API to everything that is done and kept."""

from __future__ import annotations

import dataclasses
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backend.engine.sampler_table import check_combination
from backend.errors import AtelierError, EngineStarting
from backend.geometry import Margins
from backend.library.library import Library
from backend.library.model_cache import spare_what_stays
from backend.models import ModelSpec, VaeSpec
from backend.request import GenerationRequest, clean_text, validate
from backend.studio.extension import extend
from backend.studio.history.door import STEP_BUDGET, HistoryDoor, HistoryRoom
from backend.studio.inputs import InputPictures
from backend.studio.jobs.desk import JobDesk
from backend.studio.jobs.door import JobDoor
from backend.studio.jobs.store import JobStore
from backend.studio.model_desk import ModelDesk
from backend.studio.storage import Storage
from backend.studio.study_protocol import DepthStudy, Extended
from backend.studio.views import AdapterFile, KeptPicture, SavedPicture, StudioState, TokenCount
from backend.studio.worker import Worker
from backend.tasks import PictureRef

if TYPE_CHECKING:
    from backend.studio.studies import Studies
    from backend.studio.workshop import EngineWorkshop

log = logging.getLogger(__name__)


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


class Studio(HistoryDoor, JobDoor):
    """Owns the jobs, the worker thread and the loaded model; see `views.StudioLike`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._library = Library(settings.models)
        self.models = ModelDesk(self._library)
        self._storage = Storage(settings.outputs)
        self._inputs = InputPictures(settings.outputs / "inputs")
        self._room = HistoryRoom(self._storage, self._inputs, settings.step_budget)
        store = JobStore(self._room.database, settings.outputs / "queue")
        self._desk = JobDesk(store, self._storage.file)
        self._workshop: EngineWorkshop | None = None
        self._worker: Worker | None = None
        self._trouble = ""

    def start(self) -> None:
        """Warm up and then work, in a thread of its own; returns at once.

        First come the jobs that a former run left undone.
        """
        self._room.start()
        self._desk.take_over()
        threading.Thread(target=self._work, name="painter", daemon=True).start()
        self._library.watch()

    def close(self) -> None:
        """Stop after the step in progress; what is undone goes on at the next start."""
        self._desk.close()
        self._library.close()
        self.models.close()
        self._room.close()

    def state(self) -> StudioState:
        workshop, worker = self._workshop, self._worker
        queued, models = len(self._desk.queue), self._library.revision
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
        job = self._desk.submit(self._complete(request), client)
        if self._trouble:
            self._desk.fail(job, self._trouble)
        return job.job_id

    def recent(self, limit: int) -> list[SavedPicture]:
        return self._storage.recent(limit)

    def picture_file(self, name: str) -> Path | None:
        return self._storage.file(name)

    def keep_picture(self, data: bytes) -> KeptPicture:
        return self._inputs.keep(data)

    def input_file(self, sha256: str) -> Path | None:
        return self._inputs.file(sha256)

    def depth_map(self, picture: PictureRef) -> DepthStudy:
        return self._studies().depth_map(picture)

    def strength_preview(self, request: GenerationRequest) -> bytes:
        check_combination(request.sampler, request.schedule)
        return self._studies().strength_preview(validate(request))

    def extend(self, picture: PictureRef, margins: Margins) -> Extended:
        return extend(self._inputs, picture, margins)

    def _studies(self) -> Studies:
        if self._trouble:
            raise AtelierError(self._trouble)
        if self._workshop is None:
            raise EngineStarting("The painting engine is starting.")
        return self._workshop.studies

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

    def _work(self) -> None:
        self._library.refresh()
        try:
            # Imports torch, which takes seconds: the page is served meanwhile.
            from backend.studio.workshop import EngineWorkshop

            spare_what_stays()
            workshop = EngineWorkshop(
                self._library,
                self._inputs,
                self._settings.device,
                self._settings.dtype,
                self._settings.cache_bytes,
            )
            self._workshop = workshop
            workshop.warm_up()
            self._worker = Worker(self._desk.queue, workshop, self._room.archive, self._desk.store)
        except AtelierError as error:
            self._trouble = str(error)
        except Exception:
            log.exception("the painting engine did not start")
            self._trouble = "The painting engine did not start; the program's log says why."
        if self._trouble or self._worker is None:
            self._desk.queue.close()
            self._desk.put_off(self._trouble)
            return
        self._worker.run()
