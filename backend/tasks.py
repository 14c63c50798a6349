"""What a picture starts from: noise alone, or a picture with what the task adds to it.

Pictures are named by content (`PictureRef`) so that a request stays a small value that can be kept
and painted again. All strengths are SDEdit's denoising strength (Meng et al., 2021): 0 adds no
noise, 1 makes the start wholly random.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from backend.errors import InvalidRequest

ResizeMode = Literal["Crop and resize", "Resize and fill", "Stretch", "Latent resize"]
MaskedContent = Literal["original", "fill", "latent noise", "latent nothing"]
MaskedArea = Literal["Whole picture", "Only masked"]
RESIZE_MODES = get_args(ResizeMode)
MASKED_CONTENTS = get_args(MaskedContent)
MASKED_AREAS = get_args(MaskedArea)
MAX_MASK_BLUR = 64
MAX_PADDING = 256


@dataclass(frozen=True, kw_only=True)
class PictureRef:
    """A picture that the Studio keeps: sha256 of its PNG file (64 hex digits), size in pixels."""

    sha256: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class TextToImage:
    """Paint from noise alone; it has no fields of its own."""

    name: str = field(default="text-to-image", init=False)


@dataclass(frozen=True, kw_only=True)
class ImageToImage:
    """Paint over a picture, brought to the request's size by `resize`."""

    name: str = field(default="image-to-image", init=False)
    picture: PictureRef
    strength: float = 0.75
    resize: ResizeMode = "Crop and resize"


@dataclass(frozen=True, kw_only=True)
class Inpaint:
    """Repaint the masked part of a picture and nothing else.

    `mask` is a grey picture of the same size, white where to repaint. `mask_blur` is the deviation
    of the Gaussian on it, in pixels. `masked_content` is what the masked part holds before noise is
    added. `area` "Only masked" crops to the mask plus `padding` pixels, paints that at the
    request's size, and puts it back. `soft`: grey values give each pixel its own strength
    (Levin and Fried, "Differential Diffusion", 2023) in place of a mask cut at 128.
    """

    name: str = field(default="inpainting", init=False)
    picture: PictureRef
    mask: PictureRef
    strength: float = 0.75
    resize: ResizeMode = "Crop and resize"
    mask_blur: int = 4
    masked_content: MaskedContent = "original"
    area: MaskedArea = "Whole picture"
    padding: int = 32
    soft: bool = False


@dataclass(frozen=True, kw_only=True)
class DepthToImage:
    """Repaint a picture with its geometry kept.

    `depth` is a grey picture, white near; None means that it is estimated from the picture.
    """

    name: str = field(default="depth-to-image", init=False)
    picture: PictureRef
    depth: PictureRef | None = None
    strength: float = 1.0
    resize: ResizeMode = "Crop and resize"


PictureTask = ImageToImage | Inpaint | DepthToImage
Task = TextToImage | PictureTask


def validate_task(task: Task) -> None:
    """Raises `InvalidRequest` with a sentence naming the field."""
    if isinstance(task, TextToImage):
        return
    _check_strength(task.strength)
    _check_choice("resize", "resize mode", task.resize, RESIZE_MODES)
    if isinstance(task, Inpaint):
        _check_inpaint(task)


def _check_inpaint(task: Inpaint) -> None:
    _check_choice("masked_content", "masked content", task.masked_content, MASKED_CONTENTS)
    _check_choice("area", "inpaint area", task.area, MASKED_AREAS)
    _check_pixels("mask_blur", "Mask blur", task.mask_blur, MAX_MASK_BLUR)
    _check_pixels("padding", "The padding", task.padding, MAX_PADDING)
    size, mask_size = (task.picture.width, task.picture.height), (task.mask.width, task.mask.height)
    if mask_size != size:
        raise InvalidRequest(
            "mask",
            f"The mask is {mask_size[0]} x {mask_size[1]} pixels and the picture {size[0]} x "
            f"{size[1]}; paint or upload a mask of the picture's size.",
        )


def _check_strength(value: object) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not 0 <= value <= 1:  # type: ignore[arg-type]
        raise InvalidRequest("strength", "Denoising strength must be a number from 0 to 1.")


def _check_pixels(name: str, label: str, value: object, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        raise InvalidRequest(name, f"{label} must be a whole number of pixels from 0 to {high}.")


def _check_choice(name: str, label: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidRequest(
            name, f"There is no {label} “{str(value)[:40]}”; choose one of {', '.join(choices)}."
        )
