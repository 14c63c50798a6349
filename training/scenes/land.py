"""The six terrains, from the far ridges to the ground at the viewer's feet."""

from dataclasses import dataclass

import numpy as np

from .canvas import SIZE
from .ground import X, paint_dune, paint_floor, paint_layer, paint_tufts, rough, wave
from .mountains import paint_peaks
from .palette import GROUND, ROCK, SAND, WATER
from .water import paint_glitter, paint_water
from .world import World


@dataclass(frozen=True)
class Stage:
    """Where things may stand: rows of pixels from the top, for land and for water (or None)."""

    ground: tuple[float, float]
    water: tuple[float, float] | None


def paint_land(world: World) -> Stage:
    """Paint everything below the sky, back to front, and say where things may stand."""
    painter = {
        "mountains": _mountains, "hills": _hills, "sea": _sea,
        "lake": _lake, "desert": _desert, "meadow": _meadow,
    }[world.a.terrain]  # fmt: skip
    return painter(world)


def _mountains(world: World) -> Stage:
    paint_layer(world, rough(world.rng, 128, 16), ROCK, 0.12)
    paint_peaks(world)
    paint_layer(world, wave(world.rng, 172, 6), world.ground, 0.5)
    paint_floor(world, wave(world.rng, 196, 5))
    return Stage((212, 230), None)


def _hills(world: World) -> Stage:
    for y, height, depth in ((126, 12, 0.15), (148, 16, 0.3), (174, 15, 0.5)):
        paint_layer(world, wave(world.rng, y, height), world.ground, depth, toward_sun=True)
    paint_floor(world, wave(world.rng, 200, 7))
    return Stage((214, 230), None)


def _meadow(world: World) -> Stage:
    paint_layer(world, wave(world.rng, 146, 4), world.ground, 0.2)
    paint_floor(world, wave(world.rng, 158, 2))
    paint_tufts(world)
    return Stage((206, 230), None)


def _desert(world: World) -> Stage:
    for y, height, depth in ((140, 9, 0.15), (160, 14, 0.35), (182, 14, 0.55)):
        paint_dune(world, wave(world.rng, y, height), depth)
    paint_floor(world, wave(world.rng, 206, 6))
    return Stage((216, 232), None)


def _sea(world: World) -> Stage:
    horizon, rng = 132.0, world.rng
    if rng.random() < 0.4:
        side = rng.choice([-1, 1])
        cape = 138 - 26 * np.clip((X - 128) * side / 90 - 0.15, 0, 1) + wave(rng, 0, 2)
        paint_layer(world, cape, world.ground, 0.15)
    paint_water(world, WATER["sea"], np.full_like(X, horizon), np.full_like(X, SIZE + 44))
    if world.a.disc:
        paint_glitter(world, horizon, 208)
    shore = wave(rng, 210, 4)
    foam = np.ones(3, np.float32)
    paint_layer(world, shore - 3, (foam, foam), 0.7)
    paint_layer(world, shore, GROUND["winter"] if world.a.season == "winter" else SAND, 0.9)
    paint_floor(world, wave(rng, 228, 3))
    return Stage((222, 232), (168, 184))


def _lake(world: World) -> Stage:
    rng = world.rng
    paint_layer(world, wave(rng, 118, 14), world.ground, 0.12)
    paint_layer(world, wave(rng, 136, 8), world.ground, 0.3, toward_sun=True)
    u = np.clip((X - rng.uniform(108, 148)) / rng.uniform(122, 150), -1, 1)
    bulge = np.sqrt(1 - u * u)
    top, bottom = 160 - 10 * bulge + wave(rng, 0, 1), 162 + 42 * bulge
    paint_water(world, WATER["lake"], top, bottom)
    if world.a.disc:
        paint_glitter(world, 152, 190)
    paint_floor(world, np.maximum(bottom, 166) + wave(rng, 0, 2))
    return Stage((216, 232), (172, 184))
