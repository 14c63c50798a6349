"""Sea and lake: a rippled mirror of what stands above, and the path of light on it."""

import numpy as np

from .canvas import SIZE, Image
from .ground import X, Y, under
from .world import World


def paint_water(world: World, colour: Image, top: Image, bottom: Image) -> None:
    """Water between two lines: its own colour under a rippled mirror image of what is above."""
    line = round(float(top.min()))
    mirror = _mirror(world, line)
    t = np.clip((Y - line) / 80, 0, 1)[..., None]
    own = world.lit(colour, 0.9) * (1.05 - 0.25 * t)
    bands = 1 + 0.03 * np.sin(Y**1.35 / 4 + 2 * np.sin(X / 23 + Y / 9))[..., None]
    water = (own + (mirror - own) * (0.62 - 0.3 * t)) * bands
    depth = np.clip(0.1 + 0.7 * (Y - line) / 90, 0, 0.85)
    world.canvas.lay(under(top) * (1 - under(bottom)), water, depth)


def _mirror(world: World, line: int) -> Image:
    """The picture turned upside down at this row, each row shifted a little sideways."""
    rows = np.clip(2 * line - np.arange(SIZE), 0, line)
    phase = world.rng.uniform(0, 6)
    ripple = np.clip(np.sin(np.arange(SIZE) ** 1.5 / 9 + phase) * 2.2, -3, 3)
    columns = np.clip(X[None] + ripple[:, None], 0, SIZE - 1).astype(np.intp)
    return world.canvas.picture[rows[:, None], columns]


def paint_glitter(world: World, top: float, bottom: float) -> None:
    """The path of light that sun and moon lay on water: short strokes, wider when nearer."""
    for y in np.arange(top + 3, bottom, 5.5):
        wide = 5 + (y - top) * 0.22 * world.rng.uniform(0.6, 1.3)
        x = world.sun_x + world.rng.uniform(-4, 4)
        stroke = np.clip(1.4 - ((X - x) / wide) ** 2, 0, 1).astype(np.float32)
        first = int(y) - 1
        rows = np.clip(1.5 - np.abs(Y[first : first + 4] - np.float32(y)), 0, 1)
        world.canvas.lay(stroke * rows * np.float32(0.6), world.light.disc, top=first)
