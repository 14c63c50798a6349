"""Mountain peaks with a lit side, a shaded side and a cap of snow."""

import numpy as np

from .canvas import SIZE, Canvas, Points, cover
from .palette import ROCK, SNOW, Light


def paint_peaks(canvas: Canvas, light: Light, sun_x: float, rng: np.random.Generator) -> None:
    """Paint two ranks of peaks, the nearer one lower and less hazy."""
    for x in rng.permutation([40.0, 128.0, 216.0]):
        _peak(canvas, light, x + rng.uniform(-24, 24), rng.uniform(56, 92), 0.3, sun_x, rng)
    for x in (84.0, 172.0):
        _peak(canvas, light, x + rng.uniform(-34, 34), rng.uniform(106, 128), 0.45, sun_x, rng)


def _peak(canvas, light, x, top, depth, sun_x, rng) -> None:
    base, spread = 190.0, rng.uniform(0.72, 0.95)
    half = (base - top) * spread
    left, right, apex = (x - half, base), (x + half, base), (x, top)
    bright, dark = _sides(light, depth)
    rows = slice(int(top) - 2, int(base))
    mask = cover([left, apex, right], SIZE, SIZE)[rows]
    canvas.lay(mask, bright, depth, rows.start)
    shaded_foot = right if sun_x < x else left
    shaded = cover([*_spine(x, top, base, rng), shaded_foot], SIZE, SIZE)[rows] * mask
    canvas.lay(shaded, dark, top=rows.start)
    deep = (base - top) * rng.uniform(0.3, 0.42)
    snow = cover(_cap(x, top, deep, spread, rng), SIZE, SIZE)[rows] * mask
    canvas.lay(snow, _hazed(SNOW, light, depth), top=rows.start)
    canvas.lay(snow * shaded, _hazed(SNOW * np.float32(0.8), light, depth), top=rows.start)


def _sides(light: Light, depth: float):
    return _hazed(ROCK[0], light, depth), _hazed(ROCK[1], light, depth)


def _hazed(colour, light: Light, depth: float):
    haze = np.float32(0.6 * (1 - depth) ** 2)
    return colour * light.tint * (1 - haze) + light.haze * haze


def _spine(x: float, top: float, base: float, rng: np.random.Generator) -> Points:
    """The ridge from the summit down, which parts the lit side from the shaded one."""
    steps = np.linspace(0, 1, 6)
    wander = np.concatenate([[0], rng.uniform(-7, 7, 5) + np.array([4, -5, 6, -6, 3])])
    return [(x + w, top + (base - top) * t) for w, t in zip(wander, steps, strict=True)]


def _cap(x: float, top: float, deep: float, spread: float, rng: np.random.Generator) -> Points:
    """A cap of snow with a zigzag hem; sides reach past the slope, which cuts them off."""
    us = np.linspace(1.1, -1.1, 9)
    drop = np.where(np.arange(9) % 2 == 0, 1.12, 0.72) * rng.uniform(0.9, 1.1, 9)
    hem = [(x + u * deep * spread * 1.1, top + deep * d) for u, d in zip(us, drop, strict=True)]
    return [(x, top - 2), *hem]
