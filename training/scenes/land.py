"""The land and the water, from the far ridges to the ground at the viewer's feet."""

from dataclasses import dataclass

import cv2
import numpy as np

from .attributes import Attributes
from .canvas import SIZE, Canvas, Image
from .mountains import paint_peaks
from .palette import GROUND, ROCK, SAND, WATER, Light

_X = np.arange(SIZE, dtype=np.float32)
_Y = np.arange(SIZE, dtype=np.float32)[:, None]


@dataclass(frozen=True)
class Stage:
    """Where things may stand: rows of pixels from the top, for land and for water (or None)."""

    ground: tuple[float, float]
    water: tuple[float, float] | None


def paint_land(
    canvas: Canvas, a: Attributes, light: Light, sun_x: float, rng: np.random.Generator
) -> Stage:
    """Paint everything below the sky, back to front, and say where things may stand."""
    painter = {
        "mountains": _mountains, "hills": _hills, "sea": _sea,
        "lake": _lake, "desert": _desert, "meadow": _meadow,
    }[a.terrain]  # fmt: skip
    return painter(canvas, a, light, sun_x, rng)


def _mountains(canvas, a, light, sun_x, rng) -> Stage:
    _layer(canvas, light, _rough(rng, 128, 16), ROCK, 0.12)
    paint_peaks(canvas, light, sun_x, rng)
    _layer(canvas, light, _wave(rng, 172, 6), GROUND[a.season], 0.5)
    _floor(canvas, a, light, _wave(rng, 196, 5), rng)
    return Stage((212, 230), None)


def _hills(canvas, a, light, sun_x, rng) -> Stage:
    for y, height, depth in ((126, 12, 0.15), (148, 16, 0.3), (174, 15, 0.5)):
        _layer(canvas, light, _wave(rng, y, height), GROUND[a.season], depth, sun_x)
    _floor(canvas, a, light, _wave(rng, 200, 7), rng)
    return Stage((214, 230), None)


def _meadow(canvas, a, light, sun_x, rng) -> Stage:
    _layer(canvas, light, _wave(rng, 146, 4), GROUND[a.season], 0.2)
    _floor(canvas, a, light, _wave(rng, 158, 2), rng)
    _tufts(canvas, a, light, rng)
    return Stage((206, 230), None)


def _desert(canvas, a, light, sun_x, rng) -> Stage:
    for y, height, depth in ((140, 9, 0.15), (160, 14, 0.35), (182, 14, 0.55)):
        _dune(canvas, light, _wave(rng, y, height), depth, sun_x, rng)
    _floor(canvas, a, light, _wave(rng, 206, 6), rng)
    return Stage((216, 232), None)


def _sea(canvas, a, light, sun_x, rng) -> Stage:
    horizon = 132.0
    if rng.random() < 0.4:
        side = rng.choice([-1, 1])
        cape = 138 - 26 * np.clip((_X - 128) * side / 90 - 0.15, 0, 1) + _wave(rng, 0, 2)
        _layer(canvas, light, cape, GROUND[a.season], 0.15)
    _water(canvas, light, WATER["sea"], np.full_like(_X, horizon), np.full_like(_X, 300), rng)
    if a.disc:
        _glitter(canvas, light, sun_x, horizon, rng)
    shore = _wave(rng, 210, 4)
    _layer(canvas, light, shore - 3, (np.ones(3, np.float32),) * 2, 0.7)
    sand = GROUND["winter"] if a.season == "winter" else SAND
    _layer(canvas, light, shore, sand, 0.9)
    _floor(canvas, a, light, _wave(rng, 228, 3), rng)
    return Stage((222, 232), (168, 184))


def _lake(canvas, a, light, sun_x, rng) -> Stage:
    _layer(canvas, light, _wave(rng, 118, 14), GROUND[a.season], 0.12)
    _layer(canvas, light, _wave(rng, 136, 8), GROUND[a.season], 0.3, sun_x)
    u = np.clip((_X - rng.uniform(108, 148)) / rng.uniform(122, 150), -1, 1)
    bulge = np.sqrt(1 - u * u)
    top, bottom = 160 - 10 * bulge + _wave(rng, 0, 1), 162 + 42 * bulge
    _water(canvas, light, WATER["lake"], top, bottom, rng)
    if a.disc:
        _glitter(canvas, light, sun_x, 152, rng, 190)
    _floor(canvas, a, light, np.maximum(bottom, 166) + _wave(rng, 0, 2), rng)
    return Stage((216, 232), (172, 184))


def lit(colour: Image, light: Light, depth: Image | float) -> Image:
    """A colour under the tint of the hour, faded into haze with distance (inverse depth 0..1)."""
    haze = np.float32(0.72) * (1 - np.asarray(depth, np.float32)) ** 2
    return (colour * light.tint) * (1 - haze) + light.haze * haze


def _wave(rng: np.random.Generator, y: float, height: float) -> Image:
    """A soft ridge line: the row of each of the 256 columns."""
    line = np.zeros_like(_X)
    for period, share in ((170, 0.6), (85, 0.3), (40, 0.1)):
        phase = rng.uniform(0, 2 * np.pi)
        line += share * np.sin(2 * np.pi * _X / (period * rng.uniform(0.8, 1.3)) + phase)
    return (y + height * line).astype(np.float32)


def _rough(rng: np.random.Generator, y: float, height: float) -> Image:
    knots = y + height * rng.uniform(-1, 1, 14)
    return np.interp(_X, np.linspace(0, SIZE - 1, 14), knots).astype(np.float32)


def _below(line: Image) -> tuple[Image, int]:
    """The rows (h, 1) that a ridge can reach, and the first of them."""
    top = max(0, int(line.min()) - 1)
    return _Y[top:], top


def _under(line: Image, y: Image = _Y) -> Image:
    return np.clip(y - line + np.float32(0.5), 0, 1)


def _layer(canvas, light, line, colours, depth, sun_x=None) -> None:
    """One ridge of land: bright at its crest, deeper below, brighter toward the sun."""
    base, crest = (lit(c, light, depth) for c in colours)
    y, top = _below(line)
    fade = np.clip((y - line) / 34, 0, 1)[..., None]
    colour = crest + (base - crest) * fade
    if sun_x is not None:
        colour = colour * (1.06 - 0.12 * np.abs(_X - sun_x) / SIZE)[None, :, None]
    canvas.lay(_under(line, y), colour, depth, top)


def _dune(canvas, light, line, depth, sun_x, rng) -> None:
    """A dune: lit sand with a shaded slope falling away from its crest."""
    _layer(canvas, light, line, GROUND[None], depth)
    y, top = _below(line)
    x = rng.uniform(50, 206)
    side = np.float32(1.0 if x > sun_x else -1.0)
    away = np.clip(((_X - np.float32(x)) * side - (y - line) * 0.9) / 3 + 0.5, 0, 1)
    away = away * np.clip(1 - (_X - np.float32(x)) * side / 80, 0, 1)
    shade = lit(GROUND[None][0] * np.float32(0.72), light, depth)
    canvas.lay(_under(line, y) * away * np.float32(0.75), shade, top=top)


def _floor(canvas, a, light, line, rng) -> None:
    """The ground at the viewer's feet, which comes nearer row by row to the bottom edge."""
    base, crest = GROUND[a.season]
    y, top = _below(line)
    depth = np.clip(0.5 + 0.5 * (y - line) / (SIZE - line), 0, 1)
    colour = crest + (base - crest) * np.clip((y - line) / 46, 0, 1)[..., None]
    patch = cv2.resize(rng.normal(0, 1, (7, 9)).astype(np.float32), (SIZE, SIZE), interpolation=2)
    colour = colour * (1 + np.float32(0.022) * patch[top:, :, None])
    canvas.lay(_under(line, y), colour * light.tint, depth, top)


def _tufts(canvas, a, light, rng) -> None:
    """Strokes of grass, larger toward the viewer."""
    colour = lit(GROUND[a.season][0] * np.float32(0.8), light, 1.0)
    for _ in range(14):
        foot, x = int(rng.uniform(176, 248)), np.float32(rng.uniform(4, 252))
        size = np.float32((foot - 130) / 14)
        top = foot - int(size)
        rise = np.clip((_Y[top:foot] - (foot - size)) / size, 0, 1)
        tuft = np.clip(1 - np.abs(_X - x) / (size * np.float32(0.9)), 0, 1)
        canvas.lay(tuft * rise * np.float32(0.5), colour, top=top)


def _water(canvas, light, colour, top, bottom, rng) -> None:
    """Water between two lines: its own colour under a rippled mirror image of what is above."""
    line = int(round(float(top.min())))
    rows = np.clip(2 * line - np.arange(SIZE), 0, line)
    ripple = np.clip(np.sin(np.arange(SIZE) ** 1.5 / 9 + rng.uniform(0, 6)) * 2.2, -3, 3)
    columns = np.clip(_X[None] + ripple[:, None], 0, SIZE - 1).astype(np.intp)
    mirror = canvas.picture[rows[:, None], columns]
    t = np.clip((_Y - line) / 80, 0, 1)[..., None]
    own = lit(colour, light, 0.9) * (1.05 - 0.25 * t)
    bands = 1 + 0.03 * np.sin(_Y**1.35 / 4 + 2 * np.sin(_X / 23 + _Y / 9))[..., None]
    water = (own + (mirror - own) * (0.62 - 0.3 * t)) * bands
    depth = np.clip(0.1 + 0.7 * (_Y - line) / 90, 0, 0.85)
    canvas.lay(_under(top) * (1 - _under(bottom)), water, depth)


def _glitter(canvas, light, sun_x, top, rng, bottom=208) -> None:
    """The path of light that sun and moon lay on water: short strokes, wider when nearer."""
    for y in np.arange(top + 3, bottom, 5.5):
        wide = 5 + (y - top) * 0.22 * rng.uniform(0.6, 1.3)
        x = sun_x + rng.uniform(-4, 4)
        stroke = np.clip(1.4 - ((_X - x) / wide) ** 2, 0, 1).astype(np.float32)
        first = int(y) - 1
        rows = np.clip(1.5 - np.abs(_Y[first : first + 4] - np.float32(y)), 0, 1)
        canvas.lay(stroke * rows * np.float32(0.6), light.disc, top=first)
