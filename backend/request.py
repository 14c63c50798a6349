"""A request to paint: one complete, immutable value that a job can be run from at any time."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, field, replace

from backend.errors import InvalidRequest
from backend.names import PREVIEW_METHODS, SAMPLERS, SCHEDULES
from backend.tasks import Task, TextToImage, validate_task

MAX_SEED = 2**32 - 1
MAX_SIDE = 2048
MAX_STEPS = 150
MAX_CFG_SCALE = 30.0
MAX_BATCH = 16
MAX_PROMPT_CHARACTERS = 200_000
MAX_CLIP_SKIP = 12
SIZE_MULTIPLE = 8


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """The weights a picture is painted with, by the names the library lists them under.

    `checkpoint_hash` is the sha256 of the checkpoint when the request was made (64 hex digits, or
    empty where it is not known yet), so that a file exchanged meanwhile is noticed.
    """

    checkpoint: str
    vae: str = "Automatic"
    checkpoint_hash: str = ""


@dataclass(frozen=True, kw_only=True)
class GenerationRequest:
    """Everything that decides the pixels of one or several pictures.

    Sizes are in pixels; without a picture to start from, multiples of 8. `seed` is resolved (0 to
    2**32 - 1); picture `i` of a batch is painted with `seed + i`, exactly as if it had been asked
    for alone. `cfg_scale` 0 disregards the prompt, 1 follows it without guidance. `clip_skip` 1
    uses the text encoder's last layer, 2 the one before it. `preview` is one of
    `names.PREVIEW_METHODS` and changes no pixel of the result.
    """

    prompt: str = ""
    negative_prompt: str = ""
    width: int = 512
    height: int = 512
    steps: int = 20
    cfg_scale: float = 7.0
    sampler: str = "DPM++ 2M"
    schedule: str = "Automatic"
    seed: int
    batch_size: int = 1
    clip_skip: int = 1
    preview: str = "Auto"
    model: ModelChoice
    task: Task = field(default_factory=TextToImage)

    def for_picture(self, index: int) -> GenerationRequest:
        """The request that paints picture `index` (from 0) of this batch alone."""
        return replace(self, seed=(self.seed + index) % (MAX_SEED + 1), batch_size=1)


def resolve_seed(seed: int) -> int:
    """A seed as asked for (-1 means random) as one that can be painted with again."""
    return secrets.randbelow(MAX_SEED + 1) if seed == -1 else seed


def clean_text(text: str) -> str:
    """A prompt without what no tokenizer or PNG text can hold: NUL and lone surrogates."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def validate(request: GenerationRequest) -> GenerationRequest:
    """Return the request unchanged, or raise `InvalidRequest` with a sentence naming the field."""
    _check_text("prompt", "prompt", request.prompt)
    _check_text("negative_prompt", "negative prompt", request.negative_prompt)
    whole_cells = isinstance(request.task, TextToImage)
    _check_side("width", request.width, whole_cells)
    _check_side("height", request.height, whole_cells)
    _check_whole("steps", "Steps", request.steps, 1, MAX_STEPS)
    _check_cfg_scale(request.cfg_scale)
    _check_whole("seed", "The seed", request.seed, 0, MAX_SEED)
    _check_whole("batch_size", "The number of pictures", request.batch_size, 1, MAX_BATCH)
    _check_whole("clip_skip", "Clip skip", request.clip_skip, 1, MAX_CLIP_SKIP)
    _check_choice("sampler", "sampler", request.sampler, SAMPLERS)
    _check_choice("schedule", "schedule", request.schedule, SCHEDULES)
    _check_choice("preview", "preview method", request.preview, PREVIEW_METHODS)
    validate_task(request.task)
    return request


def _check_text(name: str, label: str, value: object) -> None:
    if not isinstance(value, str):
        raise InvalidRequest(name, f"The {label} must be text.")
    if len(value) > MAX_PROMPT_CHARACTERS:
        raise InvalidRequest(
            name,
            f"The {label} has {len(value):,} characters; shorten it to {MAX_PROMPT_CHARACTERS:,}.",
        )


def _check_whole(name: str, label: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidRequest(name, f"{label} must be a whole number from {low} to {high}.")
    if not low <= value <= high:
        raise InvalidRequest(name, f"{label} must be from {low} to {high}; {value} was given.")


def _check_side(name: str, value: object, whole_cells: bool) -> None:
    _check_whole(name, f"The {name}", value, 64, MAX_SIDE)
    assert isinstance(value, int)
    if whole_cells and value % SIZE_MULTIPLE:
        below = value - value % SIZE_MULTIPLE
        raise InvalidRequest(
            name,
            f"The {name} must be a multiple of {SIZE_MULTIPLE}; "
            f"{below} and {below + SIZE_MULTIPLE} are the nearest to {value}.",
        )


def _check_cfg_scale(value: object) -> None:
    sentence = f"CFG scale must be a number from 0 to {MAX_CFG_SCALE:g}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidRequest("cfg_scale", f"{sentence}.")
    if not 0 <= value <= MAX_CFG_SCALE:
        raise InvalidRequest("cfg_scale", f"{sentence}; {value:g} was given.")


def _check_choice(name: str, label: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        shown = str(value)[:40]
        raise InvalidRequest(
            name, f"There is no {label} called “{shown}”; choose one of {', '.join(choices)}."
        )
