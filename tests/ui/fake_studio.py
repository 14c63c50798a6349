"""A scripted Studio for the page: no torch, no weights, pictures drawn by hand.

`python -m tests.ui.fake_studio --port 7861` serves the page on it, so that the look can be worked
on alone. A prompt with the word "explode" fails, as a device out of memory would; one with "black"
is told to have gone wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import re
import secrets
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from backend.errors import BadPicture, EngineStarting, InvalidRequest, ModelError
from backend.events import (
    END_EVENTS,
    Cancelled,
    Diagnosis,
    Event,
    Failed,
    Finished,
    ImageSaved,
    Queued,
    Skipped,
    Started,
    StepDone,
    Waiting,
)
from backend.geometry import Margins, steps_run
from backend.library.library import Library
from backend.models import Kind, ModelSpec, VaeSpec
from backend.request import GenerationRequest, ModelChoice, validate
from backend.studio.history.door import HistoryDoor, HistoryRoom
from backend.studio.history.step_files import KeptStep
from backend.studio.inputs import InputPictures
from backend.studio.model_desk import ModelDesk
from backend.studio.storage import Storage
from backend.studio.study_protocol import DepthStudy, Extended
from backend.studio.views import (
    AdapterFile,
    JobState,
    JobView,
    KeptPicture,
    SavedPicture,
    StudioState,
    TokenCount,
)
from backend.tasks import DepthToImage, ImageToImage, Inpaint, PictureRef, TextToImage
from tests.ui import fake_pictures, fake_tokens

GIGABYTE = 1024**3
DIAGNOSIS = Diagnosis(
    cause="The noise predictor gave values that are no numbers (NaN or infinite) at step 3.",
    vae="The one inside the checkpoint, as chosen.",
    advice=("Start Atelier with --dtype fp32.", "Try a lower guidance scale."),
)


@dataclass
class FakeJob:
    """A job as the fake keeps it; `stop` is looked at between two steps."""

    job_id: str
    client: str
    request: GenerationRequest
    events: list[Event] = field(default_factory=list)
    stop: bool = False
    skip: bool = False

    @property
    def share(self) -> float:
        last = next((e for e in reversed(self.events) if isinstance(e, StepDone)), None)
        return (last.picture + last.step / last.total) / self.request.batch_size if last else 0.0

    @property
    def state(self) -> JobState:
        if self.events and isinstance(self.events[-1], END_EVENTS):
            name = type(self.events[-1]).__name__.lower()
            return name  # type: ignore[return-value]
        return "running" if any(isinstance(e, Started) for e in self.events) else "queued"


class FakeStudio(HistoryDoor):
    """Implements StudioLike; `pace` is the seconds a step takes, `warming` those until ready.

    Its history is the real one, and its Models tab works on a real folder, `outputs / "models"`:
    only the painting is scripted.
    """

    def __init__(self, outputs: Path, pace: float = 0.1, warming: float = 0.0) -> None:
        self.outputs = outputs
        self.pace = pace
        self.jobs: dict[str, FakeJob] = {}
        (outputs / "models").mkdir(exist_ok=True)
        self.library = Library(outputs / "models")
        self.models = ModelDesk(self.library)
        self._ready_at = time.monotonic() + warming
        self._changed = threading.Condition()
        self._storage = Storage(outputs)
        self._room = HistoryRoom(self._storage, InputPictures(outputs))
        self._room.start()
        self.previews: list[GenerationRequest] = []  # strengths that were looked at
        threading.Thread(target=self._work, daemon=True).start()

    def state(self) -> StudioState:
        warming = time.monotonic() < self._ready_at
        states = [job.state for job in list(self.jobs.values())]
        return StudioState(
            phase="warming" if warming else "ready",
            message="Loading torch and the storybook model." if warming else "",
            device="" if warming else "CPU bf16",
            memory_used=0 if warming else int(3.1 * GIGABYTE),
            memory_total=8 * GIGABYTE,
            busy="running" in states,
            queued=states.count("queued"),
            models=self.models.revision,
        )

    def checkpoints(self) -> list[ModelSpec]:
        base = [self._spec("storybook", 512), self._spec("tiny <b>fast</b> ${1+1}", 256)]
        return [*base, self._spec("storybook-depth", 512, "depth")]

    def _spec(self, name: str, side: int, kind: Kind = "base") -> ModelSpec:
        return ModelSpec(
            name=name, path=self.outputs / "model", family="sd1", kind=kind,
            prediction="epsilon", native_size=side, sha256=f"{side:064x}",
        )  # fmt: skip

    def vaes(self) -> list[VaeSpec]:
        return [VaeSpec(name="ft-mse", path=self.outputs / "vae")]

    def explain_vae(self, checkpoint: str, vae: str) -> str:
        if vae == "Automatic":
            return f"The one inside {checkpoint}: no VAE file beside it has its name."
        if vae == "Built in":
            return "The one that the checkpoint brings along."
        return f"{vae}, because you chose it."

    def refresh(self) -> None:
        self.models.refresh()

    def adapters(self) -> list[AdapterFile]:
        named = (("LoRA", "ink"), ("LoRA", "night <b> ${1+1}"), ("embedding", "gouache"))
        return [AdapterFile(kind=kind, name=name, path=self.outputs / name) for kind, name in named]

    def count_tokens(
        self, prompt: str, steps: int = 20, negative: bool = False
    ) -> TokenCount | None:
        if time.monotonic() < self._ready_at:
            return None
        return fake_tokens.count(prompt, steps, [each.name for each in self.adapters()])

    def submit(self, request: GenerationRequest, client: str) -> str:
        validate(request)
        if request.model.checkpoint not in [spec.name for spec in self.checkpoints()]:
            raise ModelError("That checkpoint is not in the models folder any more.")
        with self._changed:
            job = FakeJob(secrets.token_hex(8), client, request)
            waiting = [j for j in self.jobs.values() if j.state in ("queued", "running")]
            self.jobs[job.job_id] = job
            job.events.append(Queued(position=len(waiting)))
            self._changed.notify_all()
        return job.job_id

    def cancel(self, job_id: str) -> bool:
        job = self.jobs.get(job_id)
        if job is None or job.state not in ("queued", "running"):
            return False
        with self._changed:
            job.stop = True
            if job.state == "queued":
                job.events.append(Cancelled(picture=0, step=0))
            self._changed.notify_all()
        return True

    def skip(self, job_id: str) -> bool:
        job = self.jobs.get(job_id)
        if job is None or job.state != "running":
            return False
        job.skip = True
        return True

    def move(self, job_id: str, place: int) -> bool:
        with self._changed:
            job = self.jobs.get(job_id)
            if job is None or job.state != "queued":
                return False
            names = list(self.jobs)
            own = [j.job_id for j in self._waiting() if j.client == job.client]
            places = sorted(names.index(name) for name in own)
            own.remove(job_id)
            own.insert(place, job_id)
            for index, name in zip(places, own, strict=True):
                names[index] = name
            self.jobs = {name: self.jobs[name] for name in names}
            return True

    def queue(self) -> list[JobView]:
        running = [job for job in self.jobs.values() if job.state == "running"]
        views = [self.job(job.job_id) for job in (*running, *self._waiting())]
        return [view for view in views if view]

    def _waiting(self) -> list[FakeJob]:
        return [job for job in self.jobs.values() if job.state == "queued"]

    def job(self, job_id: str) -> JobView | None:
        job = self.jobs.get(job_id)
        if job is None:
            return None
        states = {j.job_id: j.state for j in list(self.jobs.values())}
        before = list(states.items())[: list(states).index(job_id)]
        position = sum(state in ("queued", "running") for _, state in before)
        return JobView(
            job_id=job_id, client=job.client, state=job.state, position=position,
            request=job.request, share=job.share,
        )  # fmt: skip

    def running_job(self) -> str | None:
        return next((name for name, job in self.jobs.items() if job.state == "running"), None)

    def wait_events(self, job_id: str, since: int, timeout: float) -> list[Event]:
        job = self.jobs.get(job_id)
        if job is None:
            return []
        with self._changed:
            self._changed.wait_for(lambda: len(job.events) > since, timeout)
            return job.events[since:]

    def recent(self, limit: int) -> list[SavedPicture]:
        return self._storage.recent(limit)

    def picture_file(self, name: str) -> Path | None:
        return self._storage.file(name)

    def keep_picture(self, data: bytes) -> KeptPicture:
        try:
            with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as picture:
                width, height = picture.size
                transparent = picture.mode == "RGBA"
                content = fake_pictures.png(picture.convert("RGBA" if transparent else "RGB"), "")
        except OSError as error:
            raise BadPicture("This is not a picture that works here.") from error
        sha256 = hashlib.sha256(content).hexdigest()
        kept = self.outputs / f"{sha256}.png"
        if not kept.exists():  # it may be being read
            kept.write_bytes(content)
        return KeptPicture(ref=PictureRef(sha256=sha256, width=width, height=height))

    def input_file(self, sha256: str) -> Path | None:
        path = self.outputs / f"{sha256}.png"
        return path if re.fullmatch(r"[0-9a-f]{64}", sha256) and path.is_file() else None

    def depth_map(self, picture: PictureRef) -> DepthStudy:
        if time.monotonic() < self._ready_at:
            raise EngineStarting("The painting engine is starting.")
        depth = fake_pictures.depth(picture.width, picture.height)
        return DepthStudy(depth=self._keep(depth), estimator="dpt")

    def strength_preview(self, request: GenerationRequest) -> bytes:
        validate(request)
        if time.monotonic() < self._ready_at:
            raise EngineStarting("The painting engine is starting.")
        assert isinstance(request.task, ImageToImage)
        self.previews.append(request)
        share = 1 - request.task.strength
        return fake_pictures.preview(self.input_picture(request.task.picture), share, 0)

    def extend(self, picture: PictureRef, margins: Margins) -> Extended:
        if not margins.right:
            raise InvalidRequest("extend", "Say by how many pixels a side is to be extended.")
        whole = self.input_picture(picture)
        size = (whole.width + margins.right, whole.height)
        grown, mask = Image.new("RGB", size, "grey"), Image.new("RGB", size, "white")
        grown.paste(whole, (0, 0))
        mask.paste("black", (0, 0, whole.width, whole.height))
        return Extended(picture=self._keep(grown), mask=self._keep(mask))

    def _keep(self, picture: Image.Image) -> PictureRef:
        content = fake_pictures.png(picture.convert("RGB"), "")
        return self.keep_picture(content).ref

    def add_earlier_pictures(self, sizes: list[tuple[int, int]]) -> None:
        """Fill the recent strip with pictures as if they had been painted before."""
        for seed, (width, height) in enumerate(sizes, start=7):
            request = GenerationRequest(
                prompt="a balloon over a lake", width=width, height=height, seed=seed,
                model=ModelChoice(checkpoint="storybook"),
            )  # fmt: skip
            self._save(request)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._next() is not None)
                job = self._next()
            if job is not None:
                self._run(job)

    def _next(self) -> FakeJob | None:
        return next((job for job in self.jobs.values() if job.state == "queued"), None)

    def _tell(self, job: FakeJob, event: Event) -> None:
        with self._changed:
            job.events.append(event)
            self._changed.notify_all()

    def _run(self, job: FakeJob) -> None:
        if time.monotonic() < self._ready_at:
            self._tell(job, Waiting(reason="The storybook model is being loaded."))
            time.sleep(max(0.0, self._ready_at - time.monotonic()))
        if job.stop:
            if job.state == "queued":
                self._tell(job, Cancelled(picture=0, step=0))
            return
        request = job.request
        self._tell(job, Started(steps=request.steps, pictures=request.batch_size))
        if "explode" in request.prompt:
            sentence = "The picture does not fit into memory; try a smaller size."
            self._tell(job, Failed(error=sentence))
            return
        started = time.monotonic()
        for index in range(request.batch_size):
            if not self._paint(job, index):
                return
        self._tell(job, Finished(seconds=time.monotonic() - started))

    def _paint(self, job: FakeJob, index: int) -> bool:
        request = job.request.for_picture(index)
        picture = self._picture(request)
        steps = _steps_run(request)
        kept: list[KeptStep] = []
        for step in range(1, steps + 1):
            time.sleep(self.pace)
            if job.stop:
                self._tell(job, Cancelled(picture=index, step=step - 1))
                return False
            if job.skip:
                job.skip = False
                self._tell(job, Skipped(picture=index, step=step - 1))
                return True
            share = step / steps
            off = request.preview == "Off"
            preview = None if off else fake_pictures.preview(picture, share, request.seed)
            sigma = 14.6 * (1 - share) ** 2
            kept.append(KeptStep(sigma=sigma, preview=preview, latent=None))
            self._tell(
                job,
                StepDone(
                    picture=index, step=step, total=steps, sigma=sigma, preview=preview,
                    eta=self._left(job.request, index, step),
                ),
            )  # fmt: skip
        self._tell(job, replace(self._save(request, kept), picture=index))
        return True

    def _picture(self, request: GenerationRequest) -> Image.Image:
        """A scene of its own, or one over the picture that the task starts from."""
        scene = fake_pictures.scene(request.width, request.height, request.seed)
        task = request.task
        if isinstance(task, ImageToImage):
            return fake_pictures.over(self.input_picture(task.picture), scene, task.strength)
        if isinstance(task, DepthToImage):
            return fake_pictures.over(self.input_picture(task.picture), scene, 0.8)
        if isinstance(task, Inpaint):
            picture, mask = self.input_picture(task.picture), self.input_picture(task.mask)
            return fake_pictures.masked(picture, mask, scene)
        return scene

    def input_picture(self, ref: PictureRef) -> Image.Image:
        """The pixels of a kept picture or mask."""
        with Image.open(self.outputs / f"{ref.sha256}.png") as picture:
            return picture.convert("RGB")

    def _left(self, request: GenerationRequest, index: int, step: int) -> float:
        steps = _steps_run(request) * (request.batch_size - index) - step
        return steps * self.pace

    def _save(self, request: GenerationRequest, steps: list[KeptStep] | None = None) -> ImageSaved:
        infotext = _infotext(request)
        pixels = np.asarray(self._picture(request).convert("RGB"))
        saved = self._room.archive.save(request, pixels, infotext, steps or [])
        return ImageSaved(
            picture=0,
            path=saved.path,
            seed=request.seed,
            infotext=infotext,
            width=request.width,
            height=request.height,
            note=saved.note,
            diagnosis=DIAGNOSIS if "black" in request.prompt else None,
            png=saved.png,
        )


def _steps_run(request: GenerationRequest) -> int:
    strength = 1.0 if isinstance(request.task, TextToImage) else request.task.strength
    return steps_run(request.steps, strength)


def _infotext(request: GenerationRequest) -> str:
    negative = f"\nNegative prompt: {request.negative_prompt}" if request.negative_prompt else ""
    return (
        f"{request.prompt}{negative}\nSteps: {request.steps}, Sampler: {request.sampler}, "
        f"Schedule type: {request.schedule}, CFG scale: {request.cfg_scale}, "
        f"Seed: {request.seed}, Size: {request.width}x{request.height}, "
        f"Model hash: {request.model.checkpoint_hash[:10]}, Model: {request.model.checkpoint}, "
        "Version: Atelier 0.1.0"
    )


def main() -> None:
    """Serve the page on the fake until interrupted."""
    import uvicorn
    from fastapi import FastAPI

    from ui.page import mount_page

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=7861)
    parser.add_argument("--pace", type=float, default=0.25, help="seconds a step takes")
    parser.add_argument("--warming", type=float, default=0.0, help="seconds until it is ready")
    parser.add_argument("--earlier", type=int, default=0, help="pictures painted before")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as outputs:
        studio = FakeStudio(Path(outputs), options.pace, options.warming)
        sizes = [(512, 512), (640, 416), (416, 640), (512, 512), (768, 432)]
        studio.library.watch()
        studio.add_earlier_pictures([sizes[i % len(sizes)] for i in range(options.earlier)])
        uvicorn.run(mount_page(FastAPI(), studio), port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
