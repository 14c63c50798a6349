"""Arithmetic on masks: uint8 arrays (height, width), 255 where to repaint and 0 where to keep."""

from __future__ import annotations

import cv2
import numpy as np

from backend.errors import InvalidRequest

CUT = 128
# With soft inpainting, pixels of at least this strength (a quarter) show the new picture alone;
# below it too little changes for two pictures laid over each other to show.
SOFT_FULL = 64


def cut(mask: np.ndarray) -> np.ndarray:
    """The mask with every value 255 (above 128) or 0."""
    return np.where(mask > CUT, 255, 0).astype(np.uint8)


def cut_again(mask: np.ndarray) -> np.ndarray:
    """A cut mask after a resize; one too thin to be left by it keeps all that it touches.

    Pixels that are covered by half or more (from 128) are masked, as in diffusers' image processor.
    """
    lowest = CUT if (mask >= CUT).any() else 1
    return np.where(mask >= lowest, 255, 0).astype(np.uint8)


def blurred(mask: np.ndarray, deviation: float) -> np.ndarray:
    """The mask under a Gaussian of that deviation in pixels; 0 leaves it as it is."""
    if deviation == 0:
        return mask
    return cv2.GaussianBlur(mask, (0, 0), deviation, borderType=cv2.BORDER_REPLICATE)


def check_not_empty(mask: np.ndarray) -> None:
    """Raises `InvalidRequest` where there is nothing to repaint."""
    if not mask.any():
        raise InvalidRequest(
            "mask", "Nothing is masked; paint over the part of the picture that is to change."
        )


def check_covers(cover: np.ndarray, deviation: int) -> None:
    """Raises `InvalidRequest` where a blur has spread a mask so thin that nothing is left of it."""
    if not cover.any():
        raise InvalidRequest(
            "mask_blur",
            f"The mask is too small for a blur of {deviation} pixels; lower the mask blur.",
        )


def soft_cover(mask: np.ndarray) -> np.ndarray:
    """How much of the new picture shows through, 0 to 255, where a mask gives strengths."""
    return np.minimum(mask.astype(np.uint16) * 255 // SOFT_FULL, 255).astype(np.uint8)


def composite(painted: np.ndarray, original: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """`painted` over `original`, both uint8 (height, width, 3), where `cover` (height, width) says.

    In whole numbers, so that 0 gives the original's bytes and 255 those of the painted picture.
    """
    share = cover[:, :, None].astype(np.uint32)
    mixed = painted * share + original * (255 - share)
    return ((mixed + 127) // 255).astype(np.uint8)


def cells(mask: np.ndarray, factor: int) -> np.ndarray:
    """A cut mask in cells of the latent, float32 (height / factor, width / factor), 0 or 1.

    As in diffusers' inpainting pipeline, a cell's first pixel decides for it. A mask so thin that
    it meets none of those takes every cell that it touches.
    """
    first = mask[::factor, ::factor]
    chosen = first if first.any() else _blocks(mask, factor).max(axis=(1, 3))
    return (chosen > 0).astype(np.float32)


def soft_cells(mask: np.ndarray, factor: int) -> np.ndarray:
    """A grey mask in cells, float32 (height / factor, width / factor): their means, 0 to 1."""
    return _blocks(mask, factor).mean(axis=(1, 3), dtype=np.float32) / 255


def _blocks(mask: np.ndarray, factor: int) -> np.ndarray:
    height, width = mask.shape
    return mask.reshape(height // factor, factor, width // factor, factor)
