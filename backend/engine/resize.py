"""Bringing a picture, a mask or a depth map to the size that is painted.

Sizes are (width, height), boxes (left, top, right, bottom) with right and bottom just outside.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from backend.tasks import ResizeMode

Size = tuple[int, int]
Box = tuple[int, int, int, int]


def size_of(pixels: np.ndarray) -> Size:
    """The (width, height) of an array (height, width) or (height, width, 3)."""
    return pixels.shape[1], pixels.shape[0]


def resized(pixels: np.ndarray, size: Size, mode: ResizeMode) -> np.ndarray:
    """`pixels` at `size`: uint8 (height, width, 3), uint8 or float32 (height, width).

    "Crop and resize" fills the size and cuts off what is over, evenly on both sides; "Resize and
    fill" shows all and continues the outermost pixels to the edge; "Stretch" and "Latent resize"
    change the shape (the latter stretches the latent; its pixels are needed for what is kept). A
    picture that has the size already comes back pixel for pixel.
    """
    if mode == "Crop and resize":
        return _scaled(pixels, size, covering_box(size_of(pixels), size))
    if mode == "Resize and fill":
        return _filled(pixels, size)
    return stretched(pixels, size)


def stretched(pixels: np.ndarray, size: Size) -> np.ndarray:
    """All of `pixels` at `size`, whatever becomes of its shape."""
    return _scaled(pixels, size, (0, 0, *size_of(pixels)))


def padded(pixels: np.ndarray, size: Size) -> np.ndarray:
    """`pixels` with the outermost ones continued to the right and below, up to `size`."""
    across, down = size_of(pixels)
    return cv2.copyMakeBorder(pixels, 0, size[1] - down, 0, size[0] - across, cv2.BORDER_REPLICATE)


def covering_box(size: Size, target: Size) -> tuple[float, float, float, float]:
    """The largest part in the middle of a picture that has the shape of `target`."""
    scale = min(size[0] / target[0], size[1] / target[1])
    across, down = target[0] * scale, target[1] * scale
    left, top = (size[0] - across) / 2, (size[1] - down) / 2
    return left, top, min(left + across, size[0]), min(top + down, size[1])


def fitting_box(size: Size, target: Size) -> Box:
    """Where in `target` a picture of `size` lies that is shown whole and in its own shape."""
    scale = min(target[0] / size[0], target[1] / size[1])
    across, down = (max(1, round(side * scale)) for side in size)
    left, top = (target[0] - across) // 2, (target[1] - down) // 2
    return left, top, left + across, top + down


def _filled(pixels: np.ndarray, size: Size) -> np.ndarray:
    left, top, right, bottom = fitting_box(size_of(pixels), size)
    inner = stretched(pixels, (right - left, bottom - top))
    return cv2.copyMakeBorder(
        inner, top, size[1] - bottom, left, size[0] - right, cv2.BORDER_REPLICATE
    )


def _scaled(pixels: np.ndarray, size: Size, box: tuple[float, float, float, float]) -> np.ndarray:
    # Lanczos is what diffusers' image processor takes; Pillow's is free of aliasing.
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return np.array(picture.resize(size, Image.Resampling.LANCZOS, box=box))
