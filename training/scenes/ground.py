"""Ridges, dunes and the near ground, each the land below a line across the picture."""

import cv2
import numpy as np

from .canvas import SIZE, Image
from .palette import GROUND
from .world import World

# The column of each pixel, and its row, ready to be combined to a picture.
X = np.arange(SIZE, dtype=np.float32)
Y = np.arange(SIZE, dtype=np.float32)[:, None]


def wave(rng: np.random.Generator, y: float, height: float) -> Image:
    """A soft ridge line: the row of each of the 256 columns."""
    line = np.zeros_like(X)
    for period, share in ((170, 0.6), (85, 0.3), (40, 0.1)):
        phase = rng.uniform(0, 2 * np.pi)
        line += share * np.sin(2 * np.pi * X / (period * rng.uniform(0.8, 1.3)) + phase)
    return (y + height * line).astype(np.float32)


def rough(rng: np.random.Generator, y: float, height: float) -> Image:
    """A jagged ridge line: the row of each of the 256 columns."""
    knots = y + height * rng.uniform(-1, 1, 14)
    return np.interp(X, np.linspace(0, SIZE - 1, 14), knots).astype(np.float32)


def under(line: Image, y: Image = Y) -> Image:
    """Cover 0..1 of what lies below a line, antialiased: (h, 256) for rows y (h, 1)."""
    return np.clip(y - line + np.float32(0.5), 0, 1)


def paint_layer(
    world: World, line: Image, colours: tuple[Image, Image], depth: float, *, toward_sun=False
) -> None:
    """One ridge of land: bright at its crest, deeper below, at will brighter toward the sun."""
    base, crest = (world.lit(colour, depth) for colour in colours)
    y, top = _below(line)
    fade = np.clip((y - line) / 34, 0, 1)[..., None]
    colour = crest + (base - crest) * fade
    if toward_sun:
        colour = colour * (1.06 - 0.12 * np.abs(X - world.sun_x) / SIZE)[None, :, None]
    world.canvas.lay(under(line, y), colour, depth, top)


def paint_dune(world: World, line: Image, depth: float) -> None:
    """A dune: lit sand with a shaded slope falling away from its crest."""
    paint_layer(world, line, GROUND[None], depth)
    y, top = _below(line)
    x = world.rng.uniform(50, 206)
    side = np.float32(1.0 if x > world.sun_x else -1.0)
    beyond = (X - np.float32(x)) * side
    away = np.clip((beyond - (y - line) * 0.9) / 3 + 0.5, 0, 1)
    away = away * np.clip(1 - beyond / 80, 0, 1)
    shade = world.lit(GROUND[None][0] * np.float32(0.72), depth)
    world.canvas.lay(under(line, y) * away * np.float32(0.75), shade, top=top)


def paint_floor(world: World, line: Image) -> None:
    """The ground at the viewer's feet, which comes nearer row by row to the bottom edge."""
    base, crest = world.ground
    y, top = _below(line)
    depth = np.clip(0.5 + 0.5 * (y - line) / (SIZE - line), 0, 1)
    colour = crest + (base - crest) * np.clip((y - line) / 46, 0, 1)[..., None]
    patches = world.rng.normal(0, 1, (7, 9)).astype(np.float32)
    patches = cv2.resize(patches, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    colour = colour * (1 + np.float32(0.022) * patches[top:, :, None])
    world.canvas.lay(under(line, y), colour * world.light.tint, depth, top)


def paint_tufts(world: World) -> None:
    """Strokes of grass, larger toward the viewer."""
    colour = world.lit(world.ground[0] * np.float32(0.8), 1.0)
    for _ in range(14):
        foot, x = int(world.rng.uniform(176, 248)), np.float32(world.rng.uniform(4, 252))
        size = np.float32((foot - 130) / 14)
        top = foot - int(size)
        rise = np.clip((Y[top:foot] - (foot - size)) / size, 0, 1)
        tuft = np.clip(1 - np.abs(X - x) / (size * np.float32(0.9)), 0, 1)
        world.canvas.lay(tuft * rise * np.float32(0.5), colour, top=top)


def _below(line: Image) -> tuple[Image, int]:
    """The rows (h, 1) that a ridge can reach, and the first of them."""
    top = max(0, int(line.min()) - 1)
    return Y[top:], top
