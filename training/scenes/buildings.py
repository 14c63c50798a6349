"""The house and the lighthouse; their windows shine, which shows at night."""

import numpy as np

from .canvas import Sprite, ellipse
from .palette import NAMED, SNOW, rgb

_WALL, _WALL_SHADE = rgb("fbf0da"), rgb("dccbb0")
_DOOR, _WINDOW, _LAMP = rgb("8a5a35"), rgb("ffd873"), rgb("fff0a0")
_STONE = rgb("b9b4ad")


def house(size, colour, season, side, rng) -> Sprite:
    """A cottage with a wide roof of its colour, a chimney, a door and two lit windows."""
    s = Sprite(size * 1.15, size)
    w, eaves = s.width, size * 0.52
    left, right = w * 0.13, w * 0.87
    chimney = w * (0.7 if side < 0 else 0.3)
    s.fill(_box(chimney - w * 0.05, size * 0.06, chimney + w * 0.05, size * 0.4), rgb("b5694f"))
    s.fill(_box(left, eaves - 4, right, size), _WALL)
    dim = _box(left, eaves, w * 0.36, size) if side > 0 else _box(w * 0.64, eaves, right, size)
    s.over(dim, _WALL_SHADE, 0.45)
    s.over(_box(left, eaves, right, eaves + size * 0.07), _WALL_SHADE, 0.8)
    _roof(s, size, NAMED[colour], season, side)
    s.over(_box(w * 0.44, size * 0.68, w * 0.56, size), _DOOR, 1.0)
    for x in (0.28, 0.72):
        pane = _box(w * (x - 0.065), size * 0.66, w * (x + 0.065), size * 0.82)
        s.over(pane, _WINDOW, 1.0)
        s.shine(pane)
    return s


def _roof(s: Sprite, size, paint, season, side) -> None:
    w, eaves = s.width, size * 0.54
    roof = [(w * 0.26, size * 0.12), (w * 0.74, size * 0.12), (w * 0.98, eaves), (w * 0.02, eaves)]
    y = np.arange(s.height, dtype=np.float32)[:, None, None] / np.float32(eaves)
    s.fill(roof, np.broadcast_to(paint * (1.12 - 0.24 * y), s.rgb.shape))
    s.over(
        [(0, eaves - size * 0.05), (w, eaves - size * 0.05), (w, eaves), (0, eaves)], paint * 0.6, 1
    )
    dim = [roof[0], (w * 0.36, size * 0.12), (w * 0.2, eaves), roof[3]]
    if side < 0:
        dim = [(w - px, py) for px, py in dim]
    s.over(dim, paint * np.float32(0.6), 0.5)
    if season == "winter":
        snow = [
            (w * 0.25, size * 0.1),
            (w * 0.75, size * 0.1),
            (w * 0.8, size * 0.22),
            (w * 0.2, size * 0.22),
        ]
        s.fill(snow, SNOW)


def lighthouse(size, colour, season, side, rng) -> Sprite:
    """A white tower with three bands of its colour, a gallery and a shining lamp."""
    s = Sprite(size * 0.42, size)
    x, top, foot = s.width / 2, size * 0.24, size * 0.95
    half = (size * 0.085, size * 0.135)
    tower = [(x - half[0], top), (x + half[0], top), (x + half[1], foot), (x - half[1], foot)]
    round_off = s.sphere(x, size * 0.5, half[1] * 1.3, size * 3, side)
    s.fill(ellipse(x, foot, size * 0.19, size * 0.055), _STONE)
    s.fill(tower, NAMED["white"] * round_off)
    step = (foot - top) / 6
    for k in (0, 2, 4):
        band = _box(0, top + k * step, s.width, top + (k + 1) * step)
        s.over(_inside(band, tower), NAMED[colour] * round_off, 1.0)
    lamp = _box(x - size * 0.055, size * 0.125, x + size * 0.055, top)
    s.fill(lamp, _LAMP)
    s.shine(lamp)
    s.fill(_box(x - size * 0.11, top - 3, x + size * 0.11, top + 2.5), rgb("4b4a5a"))
    s.fill(
        [(x, size * 0.02), (x + size * 0.09, size * 0.13), (x - size * 0.09, size * 0.13)],
        NAMED[colour] * 0.85,
    )
    s.over(_box(x - size * 0.03, foot - size * 0.1, x + size * 0.03, foot), _DOOR, 1.0)
    return s


def _inside(band, tower):
    """A level band cut to the tower's slanting sides."""
    (x0, top), (x1, _), (x2, foot), (x3, _) = tower

    def at(y):
        t = (y - top) / (foot - top)
        return x0 + (x3 - x0) * t, x1 + (x2 - x1) * t

    (_, y0), _, (_, y1), _ = band
    (a, b), (c, d) = at(y0), at(y1)
    return [(a, y0), (b, y0), (d, y1), (c, y1)]


def _box(x0, y0, x1, y1):
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
