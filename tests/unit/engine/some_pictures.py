"""A picture, a mask and a depth map to paint from, and the requests' tasks with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backend.engine.inputs import Inputs
from backend.engine.painter import Painted
from backend.tasks import Inpaint, PictureRef

WIDTH, HEIGHT = 64, 72  # what the requests ask for
REF = PictureRef(sha256="0" * 64, width=WIDTH, height=HEIGHT)


def some_inputs(
    width: int = WIDTH, height: int = HEIGHT, box: tuple[int, int, int, int] = (16, 24, 40, 48)
) -> Inputs:
    """A noisy picture, a slope, and a mask with a white box (left, top, right, bottom)."""
    picture = np.random.default_rng(4).integers(0, 256, (height, width, 3), dtype=np.uint8)
    mask = np.zeros((height, width), np.uint8)
    left, top, right, bottom = box
    mask[top:bottom, left:right] = 255
    depth = np.arange(width, dtype=np.float32)[None].repeat(height, axis=0)
    return Inputs(picture=picture, mask=mask, depth=depth)


def an_inpainting(**changes) -> Inpaint:
    """The task with the given fields changed."""
    return replace(Inpaint(picture=REF, mask=REF), **changes)


def finish(painting) -> Painted:
    """Run a painting to its end."""
    while True:
        try:
            next(painting)
        except StopIteration as end:
            return end.value
