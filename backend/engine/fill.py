"""Masked content "fill": the masked part takes the colours around it, blurred."""

from __future__ import annotations

import cv2
import numpy as np

# The fill holds no detail, so a small copy is enough for it.
WORKING_SIDE = 256  # pixels
# Deviations of the blurs, as shares of the longer side: from the colours of the whole surroundings
# to those close by, which are laid over them.
DEVIATIONS = (1 / 4, 1 / 16, 1 / 64)
# How much of a blur must come from known pixels for its colour to be trusted alone.
TRUSTED = 0.25


def filled(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """`picture` (height, width, 3) with new colours where `mask` (height, width) is not 0.

    Both uint8; all other pixels stay as they are. Under a full mask there are no surroundings, and
    the picture's own mean colour fills it.
    """
    known = (mask == 0).astype(np.float32)
    small_known, small = _small(known), _small(picture.astype(np.float32) * known[:, :, None])
    if not known.any():
        colours = np.broadcast_to(picture.mean(axis=(0, 1)), picture.shape)
    else:
        colours = cv2.resize(_surroundings(small, small_known), picture.shape[1::-1])
    return np.where(mask[:, :, None] == 0, picture, colours.round().clip(0, 255)).astype(np.uint8)


def _surroundings(part: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Colours everywhere from `part`, which is 0 where `known` is, and in shares between."""
    colours = np.broadcast_to(part.sum(axis=(0, 1)) / known.sum(), part.shape)
    for share in DEVIATIONS:
        deviation = max(1.0, max(known.shape) * share)
        weight = _blurred(known, deviation)[:, :, None]
        near = _blurred(part, deviation) / np.maximum(weight, 1e-6)
        trust = np.minimum(weight / TRUSTED, 1)
        colours = trust * near + (1 - trust) * colours
    return colours.astype(np.float32)


def _blurred(values: np.ndarray, deviation: float) -> np.ndarray:
    return cv2.GaussianBlur(values, (0, 0), deviation, borderType=cv2.BORDER_REFLECT)


def _small(values: np.ndarray) -> np.ndarray:
    scale = min(1.0, WORKING_SIDE / max(values.shape[:2]))
    size = tuple(max(1, round(side * scale)) for side in values.shape[1::-1])
    return cv2.resize(values, size, interpolation=cv2.INTER_AREA)
