"""From the pictures that a task names to the pixels that the engine starts from."""

from __future__ import annotations

import logging
from typing import Protocol

import numpy as np
from PIL import Image

from backend.engine.inputs import Inputs
from backend.errors import StorageError
from backend.studio.inputs import InputPictures
from backend.tasks import DepthToImage, Inpaint, Task, TextToImage

log = logging.getLogger(__name__)

PAPER = "white"  # what shows through where an artist's picture is transparent


class Estimator(Protocol):
    """Something that sees depth."""

    def estimate(self, picture: np.ndarray) -> np.ndarray:
        """(height, width), larger is nearer, of uint8 (height, width, 3)."""
        ...


def read_inputs(task: Task, pictures: InputPictures, depth: Estimator) -> Inputs | None:
    """The pixels of a task, None for text to image; raises `BadPicture` and `ModelError`."""
    if isinstance(task, TextToImage):
        return None
    picture = np.asarray(flat(pictures.open(task.picture)))
    size = (picture.shape[1], picture.shape[0])
    if isinstance(task, Inpaint):
        return Inputs(picture=picture, mask=_grey(pictures.open(task.mask), size))
    if not isinstance(task, DepthToImage):
        return Inputs(picture=picture)
    if task.depth is None:
        return Inputs(picture=picture, depth=depth.estimate(picture))
    return Inputs(picture=picture, depth=_grey(pictures.open(task.depth), size))


def keep_estimated_depth(task: Task, inputs: Inputs | None, pictures: InputPictures) -> str:
    """Keep the depth map that was estimated for a task; its hash, "" where there is none to keep.

    Nothing is painted from the kept one, which has eight bits: it tells what the model was told.
    """
    if not isinstance(task, DepthToImage) or task.depth or inputs is None or inputs.depth is None:
        return ""
    grey = (np.clip(inputs.depth, 0, 1) * 255).round().astype(np.uint8)
    try:
        return pictures.keep_picture(Image.fromarray(grey)).sha256
    except StorageError as error:
        log.warning("%s", error)
        return ""


def flat(picture: Image.Image) -> Image.Image:
    """RGB, with transparent parts laid on paper."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    paper = Image.new("RGBA", picture.size, PAPER)
    return Image.alpha_composite(paper, picture).convert("RGB")


def _grey(picture: Image.Image, size: tuple[int, int]) -> np.ndarray:
    """Brightness as uint8 (height, width) of the given (width, height); transparent is black."""
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "black"), picture)
    grey = picture.convert("L")
    return np.asarray(grey if grey.size == size else grey.resize(size, Image.Resampling.BILINEAR))
