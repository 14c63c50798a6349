"""Outpainting: a picture on a larger canvas, with a mask over what is new there."""

from __future__ import annotations

import cv2
import numpy as np

from backend.engine.fill import filled
from backend.geometry import Margins

# The mask reaches this far into the picture, so that the seam is painted anew on both its sides.
SEAM = 16  # pixels: two cells of the latent
DETAIL = 0.35  # how much of the mirrored picture shows in the fill


def extended(picture: np.ndarray, margins: Margins) -> tuple[np.ndarray, np.ndarray]:
    """The larger picture (height, width, 3) and its mask (height, width), 255 where to repaint.

    What is new holds the colours around it with a trace of the mirrored picture: soft enough not to
    be taken for a scene, with something to paint from. The known pixels are as they were.
    """
    known = np.zeros(picture.shape[:2], np.uint8)
    beyond = _bordered(known, margins, cv2.BORDER_CONSTANT, 255)
    mirrored = _bordered(picture, margins, cv2.BORDER_REPLICATE)
    deviation = max(1.0, max(picture.shape) / 64)
    soft = cv2.GaussianBlur(mirrored, (0, 0), deviation)
    colours = filled(mirrored, beyond)
    fill = cv2.addWeighted(soft, DETAIL, colours, 1 - DETAIL, 0)
    whole = np.where(beyond[:, :, None] == 0, mirrored, fill)
    return whole, _reaching_in(beyond)


def _bordered(pixels: np.ndarray, margins: Margins, kind: int, value: int = 0) -> np.ndarray:
    sides = (margins.top, margins.bottom, margins.left, margins.right)
    return cv2.copyMakeBorder(pixels, *sides, kind, value=(value,) * 3)


def _reaching_in(beyond: np.ndarray) -> np.ndarray:
    side = 2 * SEAM + 1
    return cv2.dilate(beyond, np.ones((side, side), np.uint8))
