"""Which part of a picture is painted when the area is "Only masked": pure geometry.

Sizes are (width, height), boxes (left, top, right, bottom) with right and bottom just outside.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np

from backend.engine.resize import Box, Size


def masked_box(mask: np.ndarray) -> Box:
    """The smallest box around all pixels that are not 0 of a mask (height, width) that has some."""
    columns, rows = (np.flatnonzero(mask.any(axis=axis)) for axis in (0, 1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def area_around(box: Box, padding: int, size: Size, target: Size) -> Box:
    """The part of a picture of `size` to paint at the size `target`.

    It holds `box` and `padding` pixels on each side, grown in one direction to the shape of
    `target`. At an edge it moves inward; where the picture is too small for that shape, it takes
    all there is.
    """
    left, right = max(box[0] - padding, 0), min(box[2] + padding, size[0])
    top, bottom = max(box[1] - padding, 0), min(box[3] + padding, size[1])
    # exact fractions: a box of the right shape must not grow by a rounding error
    shape = Fraction(*target)
    across = max(right - left, ceil((bottom - top) * shape))
    down = max(bottom - top, ceil((right - left) / shape))
    left, right = _grown(left, right, across, size[0])
    top, bottom = _grown(top, bottom, down, size[1])
    return left, top, right, bottom


def _grown(start: int, end: int, length: int, limit: int) -> tuple[int, int]:
    """A stretch of `length` (at most `limit`) about the same middle, kept within 0..limit."""
    length = min(length, limit)
    start = min(max(start - (length - (end - start)) // 2, 0), limit - length)
    return start, start + length
