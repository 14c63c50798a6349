"""Mountain peaks with a lit side, a shaded side and a cap of snow."""

import numpy as np

from .canvas import SIZE, Image, Points, cover
from .palette import ROCK, SNOW
from .world import World

_BASE = 190.0  # the row at which the peaks' feet are, hidden by the land in front


def paint_peaks(world: World) -> None:
    """Paint two ranks of peaks, the nearer one lower and less hazy."""
    rng = world.rng
    for x in rng.permutation([40.0, 128.0, 216.0]):
        _peak(world, x + rng.uniform(-24, 24), rng.uniform(56, 92), 0.3)
    for x in (84.0, 172.0):
        _peak(world, x + rng.uniform(-34, 34), rng.uniform(106, 128), 0.45)


def _peak(world: World, x: float, top: float, depth: float) -> None:
    canvas, rng = world.canvas, world.rng
    spread = rng.uniform(0.72, 0.95)
    half = (_BASE - top) * spread
    left, right, apex = (x - half, _BASE), (x + half, _BASE), (x, top)
    rows = slice(int(top) - 2, int(_BASE))
    mask = cover([left, apex, right], SIZE, SIZE)[rows]
    canvas.lay(mask, _hazed(world, ROCK[0], depth), depth, rows.start)
    shaded_foot = right if world.sun_x < x else left
    shaded = cover([*_spine(x, top, rng), shaded_foot], SIZE, SIZE)[rows] * mask
    canvas.lay(shaded, _hazed(world, ROCK[1], depth), top=rows.start)
    deep = (_BASE - top) * rng.uniform(0.3, 0.42)
    snow = cover(_cap(x, top, deep, spread, rng), SIZE, SIZE)[rows] * mask
    canvas.lay(snow, _hazed(world, SNOW, depth), top=rows.start)
    canvas.lay(snow * shaded, _hazed(world, SNOW * np.float32(0.8), depth), top=rows.start)


def _hazed(world: World, colour: Image, depth: float) -> Image:
    """Like World.lit, with thinner haze: the air is clear up there."""
    haze = np.float32(0.6 * (1 - depth) ** 2)
    return colour * world.light.tint * (1 - haze) + world.light.haze * haze


def _spine(x: float, top: float, rng: np.random.Generator) -> Points:
    """The ridge from the summit down, which parts the lit side from the shaded one."""
    steps = np.linspace(0, 1, 6)
    wander = np.concatenate([[0], rng.uniform(-7, 7, 5) + np.array([4, -5, 6, -6, 3])])
    return [(x + w, top + (_BASE - top) * t) for w, t in zip(wander, steps, strict=True)]


def _cap(x: float, top: float, deep: float, spread: float, rng: np.random.Generator) -> Points:
    """A cap of snow with a zigzag hem; sides reach past the slope, which cuts them off."""
    us = np.linspace(1.1, -1.1, 9)
    drop = np.where(np.arange(9) % 2 == 0, 1.12, 0.72) * rng.uniform(0.9, 1.1, 9)
    hem = [(x + u * deep * spread * 1.1, top + deep * d) for u, d in zip(us, drop, strict=True)]
    return [(x, top - 2), *hem]
