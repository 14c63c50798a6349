"""Two surfaces to paint on: the picture with its depth, and sprites that are laid over it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Image = NDArray[np.floating]
Points = NDArray[np.float64] | Sequence[tuple[float, float]]

SIZE = 256
_SHIFT = 4  # OpenCV draws polygons at 1/16 of a pixel


def cover(points: Points, height: int, width: int) -> Image:
    """How much of each pixel the polygon covers: (height, width), 0..1, antialiased."""
    mask = np.zeros((height, width), np.uint8)
    fixed = np.round(np.asarray(points, np.float64) * (1 << _SHIFT)).astype(np.int32)
    cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, _SHIFT)
    return mask.astype(np.float32) / np.float32(255)


def ellipse(
    x: float, y: float, rx: float, ry: float, arc: tuple[float, float] = (0, 360)
) -> Points:
    """Points along an arc of an ellipse; angles in degrees, clockwise from the right."""
    angle = np.radians(np.linspace(*arc, 40))
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], 1)


class Canvas:
    """The picture, RGB 0..1 (256, 256, 3), and its relative inverse depth, near = 1 (256, 256)."""

    def __init__(self) -> None:
        self.picture: Image = np.zeros((SIZE, SIZE, 3), np.float32)
        self.depth: Image = np.zeros((SIZE, SIZE), np.float32)

    def lay(
        self, mask: Image, colour: ArrayLike, depth: ArrayLike | None = None, top: int = 0
    ) -> None:
        """Blend a colour (3,) or rows of colours (h, 256, 3) in where the mask (h, 256) says.

        The rows given begin at row `top` of the picture, since little of it changes at a time.
        """
        rows = slice(top, top + len(mask))
        here, m = self.picture[rows], mask[..., None]
        here += (np.asarray(colour, np.float32) - here) * m
        if depth is not None:
            # Depth has no half-transparent pixels: an edge belongs to one side.
            near = np.broadcast_to(np.asarray(depth, np.float32), mask.shape)
            np.copyto(self.depth[rows], near, where=mask > 0.5)

    def glow(self, x: float, y: float, radius: float, colour: ArrayLike, strength: float) -> None:
        """Add light that fades with distance as a Gaussian of this radius in pixels."""
        fall_x = np.exp(-(((np.arange(SIZE, dtype=np.float32) - x) / radius) ** 2))
        fall_y = np.exp(-(((np.arange(SIZE, dtype=np.float32) - y) / radius) ** 2))
        mask = np.float32(strength) * fall_y[:, None] * fall_x[None]
        light = np.asarray(colour, np.float32)
        self.picture += mask[..., None] * np.maximum(light - self.picture * 0.6, 0)


class Sprite:
    """A thing painted on glass: premultiplied RGB (h, w, 3) and cover (h, w), both 0..1.

    Premultiplied, so that tints and haze keep the antialiased edge free of dark fringes.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = int(np.ceil(width)), int(np.ceil(height))
        self.rgb: Image = np.zeros((self.height, self.width, 3), np.float32)
        self.alpha: Image = np.zeros((self.height, self.width), np.float32)
        self.light: Image = np.zeros((self.height, self.width), np.float32)

    def fill(self, points: Points, colour: ArrayLike, opacity: float = 1.0) -> None:
        """Paint a polygon in a colour (3,) or with a picture (h, w, 3)."""
        mask = cover(points, self.height, self.width) * np.float32(opacity)
        self.rgb += (np.asarray(colour, np.float32) - self.rgb) * mask[..., None]
        self.alpha += (1 - self.alpha) * mask

    def over(self, points: Points, colour: ArrayLike, opacity: float) -> None:
        """Paint only where something is already, for shading that stays inside the shape."""
        mask = cover(points, self.height, self.width) * self.alpha * np.float32(opacity)
        self.rgb += (np.asarray(colour, np.float32) - self.rgb) * mask[..., None]

    def shine(self, points: Points) -> None:
        """Mark a part that gives light of its own and so ignores the darkness of night."""
        self.light = np.maximum(self.light, cover(points, self.height, self.width))

    def sphere(self, x: float, y: float, rx: float, ry: float, side: float) -> Image:
        """Brightness (h, w, 1) of a ball lit from above and from `side` (-1 left, 1 right)."""
        u = (np.arange(self.width, dtype=np.float32)[None] - np.float32(x)) / np.float32(rx)
        v = (np.arange(self.height, dtype=np.float32)[:, None] - np.float32(y)) / np.float32(ry)
        lit = 0.93 + 0.20 * (u * side * 0.8 - v * 0.7) - 0.16 * (u * u + v * v)
        return np.clip(lit, 0.5, 1.15)[..., None].astype(np.float32)
