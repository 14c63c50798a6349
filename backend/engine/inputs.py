"""The pixels that a task starts from, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """An artist's picture with what belongs to it, all of one size.

    Raises `ValueError` for arrays of another shape or kind: whoever reads the files sees to that.
    """

    # (height, width, 3), red green blue, uint8
    picture: np.ndarray
    # (height, width), uint8, 255 where to repaint
    mask: np.ndarray | None = None
    # (height, width), uint8 or float, larger is nearer, in any range
    depth: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.picture.dtype != np.uint8 or self.picture.ndim != 3 or self.picture.shape[2] != 3:
            raise ValueError("a picture must be uint8 of shape (height, width, 3)")
        for grey in (self.mask, self.depth):
            if grey is not None and grey.shape != self.picture.shape[:2]:
                raise ValueError("a mask or depth map must have the picture's height and width")
        if self.mask is not None and self.mask.dtype != np.uint8:
            raise ValueError("a mask must be uint8")
