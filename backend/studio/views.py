"""What the Studio shows of itself to the page and the API: plain, frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from backend.events import Event
from backend.models import ModelSpec, VaeSpec
from backend.request import GenerationRequest
from backend.studio.history.protocol import HistoryLike
from backend.studio.model_desk import ModelDeskLike
from backend.studio.study_protocol import StudiesLike
from backend.tasks import PictureRef

Phase = Literal["warming", "ready", "failed"]
JobState = Literal["queued", "running", "finished", "cancelled", "failed"]


@dataclass(frozen=True, kw_only=True)
class StudioState:
    """The engine's condition: `message` is a sentence while warming or failed, else empty.

    `device` is a label such as "CPU bf16"; memory is in bytes (of the device that paints). `models`
    is another number after every change of the models folder.
    """

    phase: Phase
    message: str = ""
    device: str = ""
    memory_used: int = 0
    memory_total: int = 0
    busy: bool = False
    queued: int = 0
    models: int = 0


@dataclass(frozen=True, kw_only=True)
class Token:
    """One token of a prompt: its text (a trailing space belongs to it) and its chunk from 0.

    `weight` is 1 unless brackets change it. `learned` is an embedding's name, which takes `size`
    tokens.
    """

    text: str
    chunk: int
    weight: float = 1.0
    size: int = 1
    learned: bool = False


@dataclass(frozen=True, kw_only=True)
class TokenStage:
    """What a prompt says for a while; `room` is 75 for each chunk in use (at least one).

    `when` says when in words, such as "steps 1 to 8"; empty where that is always.
    """

    tokens: tuple[Token, ...]
    room: int
    when: str = ""

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return sum(token.size for token in self.tokens)


@dataclass(frozen=True, kw_only=True)
class NamedAdapter:
    """An adapter that a prompt names: `kind` is "LoRA", "hypernetwork", "embedding" or "unknown".

    `works` is whether it changes the picture; `problem` is a sentence where something is wrong.
    """

    kind: str
    name: str
    strength: float
    works: bool
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class TokenCount:
    """A prompt as it is read: by stages where it changes (at least one), and what it names."""

    stages: tuple[TokenStage, ...]
    adapters: tuple[NamedAdapter, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AdapterFile:
    """An adapter that prompts may name; `kind` is "LoRA", "hypernetwork" or "embedding"."""

    kind: str
    name: str
    path: Path

    @property
    def mention(self) -> str:
        """How a prompt names it."""
        if self.kind == "embedding":
            return self.name
        return f"<{'lora' if self.kind == 'LoRA' else 'hypernet'}:{self.name}:1>"


@dataclass(frozen=True, kw_only=True)
class JobView:
    """A job as it stands: `position` jobs are before it while it is queued (0: next).

    `share` is how much of it is painted, 0 to 1.
    """

    job_id: str
    client: str
    state: JobState
    position: int
    request: GenerationRequest
    share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class SavedPicture:
    """A finished picture in the outputs folder, with the settings written inside it."""

    path: Path
    infotext: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class KeptPicture:
    """An input picture that the Studio keeps, and a sentence on what was done to it, or ""."""

    ref: PictureRef
    note: str = ""


class StudioLike(HistoryLike, StudiesLike, Protocol):
    """The door that the page goes through; `Studio` is one, the tests' scripted fake another.

    No method blocks on painting or loading except `wait_events`, and that only for its time limit.
    """

    @property
    def models(self) -> ModelDeskLike:
        """The models folder's table, imports, conversions and downloads."""
        ...

    def state(self) -> StudioState: ...

    def checkpoints(self) -> list[ModelSpec]:
        """All checkpoints found, the one to start with first."""
        ...

    def vaes(self) -> list[VaeSpec]:
        """All VAE files found ("Automatic" and "Built in" are always choices beside them)."""
        ...

    def explain_vae(self, checkpoint: str, vae: str) -> str:
        """One short sentence: which VAE would decode the picture, and why."""
        ...

    def refresh(self) -> None:
        """Look at the models folder again."""
        ...

    def adapters(self) -> list[AdapterFile]:
        """All LoRAs, embeddings and hypernetworks found, in that order, each by name."""
        ...

    def count_tokens(
        self, prompt: str, steps: int = 20, negative: bool = False
    ) -> TokenCount | None:
        """The prompt's tokens, or None while the tokenizer is not ready yet.

        `steps` are those of the picture, for a prompt that changes on the way.
        """
        ...

    def submit(self, request: GenerationRequest, client: str) -> str:
        """Queue a request and return its job id; raises `InvalidRequest` or `ModelError`.

        `client` tells browsers apart, so that the queue is fair between them.
        """
        ...

    def cancel(self, job_id: str) -> bool:
        """Ask a job to stop; False where there is no such job or it is over already."""
        ...

    def skip(self, job_id: str) -> bool:
        """Ask a running job to go on with the next picture of its batch; False where it is none."""
        ...

    def move(self, job_id: str, place: int) -> bool:
        """Give a waiting job another place, from 0, among those of its own client.

        False where it does not wait (any more).
        """
        ...

    def queue(self) -> list[JobView]:
        """The job that is painted, if any, then all that wait, in the order of their turns."""
        ...

    def job(self, job_id: str) -> JobView | None:
        """The job, or None where the Studio knows none of that id (it was started before)."""
        ...

    def running_job(self) -> str | None:
        """The id of the job whose picture is being painted, or None."""
        ...

    def wait_events(self, job_id: str, since: int, timeout: float) -> list[Event]:
        """The job's events from number `since` (from 0) on, waiting up to `timeout` seconds.

        Returns as soon as there is at least one; an empty list when time is up or no such job.
        """
        ...

    def recent(self, limit: int) -> list[SavedPicture]:
        """The newest pictures in the outputs folder, newest first."""
        ...

    def picture_file(self, name: str) -> Path | None:
        """The file of a saved picture by "YYYY-MM-DD/NNNNN-seed.png"; None for any other path."""
        ...

    def keep_picture(self, data: bytes) -> KeptPicture:
        """Read an artist's own picture, mask or depth map (PNG, JPEG or WebP) and keep it.

        Raises `BadPicture` or `StorageError` with a sentence.
        """
        ...

    def input_file(self, sha256: str) -> Path | None:
        """The PNG of a kept input picture by its hash; None for any other text."""
        ...
