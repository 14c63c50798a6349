"""From an infotext to what a tab can paint by; what it cannot is named, not dropped in silence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.names import SAMPLERS
from backend.request import (
    MAX_CFG_SCALE,
    MAX_CLIP_SKIP,
    MAX_SEED,
    MAX_SIDE,
    MAX_STEPS,
    SIZE_MULTIPLE,
)
from backend.studio.infotext import read_infotext
from backend.studio.sampler_names import sampler_and_schedule
from backend.tasks import MASKED_AREAS, MASKED_CONTENTS, MAX_MASK_BLUR, MAX_PADDING

# What tells about a picture but sets nothing that a tab has; files named in a prompt have hashes.
_TOLD = {"Model", "Model hash", "VAE", "VAE hash", "Version", "Depth map", "Hashes"}
_TOLD |= {"Lora hashes", "TI hashes", "Hypernet hashes", "User", "Created Date"}
# What an infotext of inpainting leaves out where it is so.
_USUAL = {"masked_content": "original", "area": "Whole picture", "soft": False}


@dataclass(frozen=True, kw_only=True)
class NamedFile:
    """A model file as a picture names it: by name and the first digits of its hash, or ""."""

    name: str = ""
    hash: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.hash)


@dataclass(frozen=True, kw_only=True)
class PictureSettings:
    """The settings of a picture.

    `values` are valid values by request field ("prompt", "steps", "strength", ...). `left_out` are
    the pairs that cannot be painted by here, as they were written. `task` is the task's name.
    """

    values: Mapping[str, Any]
    task: str
    checkpoint: NamedFile = field(default_factory=NamedFile)
    vae: NamedFile = field(default_factory=NamedFile)
    left_out: Mapping[str, str] = field(default_factory=dict)


def read_settings(infotext: str) -> PictureSettings:
    """The settings of an infotext in A1111's format; text without any is a prompt."""
    return settings_from(read_infotext(infotext))


def settings_from(pairs: Mapping[str, str]) -> PictureSettings:
    """The settings of pairs by A1111's names, with "Prompt" and "Negative prompt" among them."""
    values: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    task = _task(pairs)
    for name, text in pairs.items():
        if name in _TOLD or (name == "RNG" and text == "CPU"):
            continue
        try:
            values |= _read(name, text, pairs)
        except ValueError:
            left_out[name] = text
    if task == "text-to-image" and "strength" in values:
        del values["strength"]  # of a second pass, which is named among the rest
        left_out["Denoising strength"] = pairs["Denoising strength"]
    if "steps" in values:
        values.setdefault("clip_skip", 1)  # not written where it is 1
    if task == "inpainting":
        values = _USUAL | values
    return PictureSettings(
        values=values,
        task=task,
        checkpoint=NamedFile(name=pairs.get("Model", ""), hash=pairs.get("Model hash", "")),
        vae=NamedFile(name=pairs.get("VAE", ""), hash=pairs.get("VAE hash", "")),
        left_out=left_out,
    )


def _task(pairs: Mapping[str, str]) -> str:
    if "Depth map" in pairs:
        return "depth-to-image"
    if {"Mask blur", "Masked content", "Inpaint area"} & set(pairs):
        return "inpainting"
    second_pass = any(name.startswith("Hires") for name in pairs)
    if "Denoising strength" in pairs and not second_pass:
        return "image-to-image"
    return "text-to-image"


def _read(name: str, text: str, pairs: Mapping[str, str]) -> dict[str, Any]:
    """The request fields that a pair sets; raises `ValueError` for one that cannot be set."""
    if name == "Sampler":
        return _sampler(text, pairs.get("Schedule type", ""))
    if name == "Size":
        return _size(text, whole_cells=_task(pairs) == "text-to-image")
    if name not in _FIELDS:
        raise ValueError(name)
    target, read = _FIELDS[name]
    return {target: read(text)}


def _sampler(text: str, schedule: str) -> dict[str, str]:
    sampler, known_schedule = sampler_and_schedule(text, schedule)
    if sampler is None:
        raise ValueError(text)
    return {"sampler": sampler, "schedule": known_schedule or "Automatic"}


def _schedule(text: str) -> str:
    _, schedule = sampler_and_schedule(SAMPLERS[0], text)
    if schedule is None:
        raise ValueError(text)
    return schedule


def _size(text: str, *, whole_cells: bool) -> dict[str, int]:
    width, _, height = text.partition("x")
    read = _whole(64, MAX_SIDE)
    sides = {"width": read(width), "height": read(height)}
    if whole_cells and any(side % SIZE_MULTIPLE for side in sides.values()):
        raise ValueError(text)
    return sides


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.strip().isdecimal() or len(text) > 20 or not low <= int(text) <= high:
            raise ValueError(text)
        return int(text)

    return read


def _number(high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = float(text)
        if not 0 <= number <= high:
            raise ValueError(text)
        return number

    return read


def _choice(choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return read


_FIELDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "Prompt": ("prompt", str),
    "Negative prompt": ("negative_prompt", str),
    "Steps": ("steps", _whole(1, MAX_STEPS)),
    "Schedule type": ("schedule", _schedule),
    "CFG scale": ("cfg_scale", _number(MAX_CFG_SCALE)),
    "Seed": ("seed", _whole(0, MAX_SEED)),
    "Clip skip": ("clip_skip", _whole(1, MAX_CLIP_SKIP)),
    "Denoising strength": ("strength", _number(1.0)),
    "Mask blur": ("mask_blur", _whole(0, MAX_MASK_BLUR)),
    "Inpaint area": ("area", _choice(MASKED_AREAS)),
    "Masked area padding": ("padding", _whole(0, MAX_PADDING)),
    "Masked content": ("masked_content", _choice(MASKED_CONTENTS)),
    "Soft inpainting": ("soft", lambda text: text == "True"),
}
