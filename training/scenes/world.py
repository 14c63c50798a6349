"""What every painter of a scene needs at hand."""

from dataclasses import dataclass

import numpy as np

from .attributes import Attributes
from .canvas import Canvas, Image
from .palette import GROUND, Light


@dataclass(frozen=True)
class World:
    """The canvas, what is to be shown, the light, the x in pixels it comes from, and chance."""

    canvas: Canvas
    a: Attributes
    light: Light
    sun_x: float
    rng: np.random.Generator

    @property
    def ground(self) -> tuple[Image, Image]:
        """The season's land colour and its lighter crest."""
        return GROUND[self.a.season]

    def lit(self, colour: Image, depth: Image | float) -> Image:
        """A colour under the tint of the hour, faded into haze with distance (1 near, 0 far)."""
        haze = np.float32(0.72) * (1 - np.asarray(depth, np.float32)) ** 2
        return (colour * self.light.tint) * (1 - haze) + self.light.haze * haze
