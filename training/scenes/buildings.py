"""The house and the lighthouse; their windows shine, which shows at night."""

import numpy as np

from .canvas import Points, Sprite, ellipse
from .look import Look
from .palette import NAMED, SNOW, rgb
from .shapes import box, trunk

_WALL, _WALL_SHADE, _BRICK = rgb("fbf0da"), rgb("dccbb0"), rgb("b5694f")
_DOOR, _WINDOW, _LAMP = rgb("8a5a35"), rgb("ffd873"), rgb("fff0a0")
_STONE, _IRON = rgb("b9b4ad"), rgb("4b4a5a")


def house(look: Look) -> Sprite:
    """A cottage with a wide roof of its colour, a chimney, a door and two lit windows."""
    size = look.size
    s = Sprite(size * 1.15, size)
    w, eaves = s.width, size * 0.52
    left, right = w * 0.13, w * 0.87
    chimney = w * (0.7 if look.side < 0 else 0.3)
    s.fill(box(chimney - w * 0.05, size * 0.06, chimney + w * 0.05, size * 0.4), _BRICK)
    s.fill(box(left, eaves - 4, right, size), _WALL)
    dim = box(left, eaves, w * 0.36, size) if look.side > 0 else box(w * 0.64, eaves, right, size)
    s.over(dim, _WALL_SHADE, 0.45)
    s.over(box(left, eaves, right, eaves + size * 0.07), _WALL_SHADE, 0.8)
    _roof(s, look)
    s.over(box(w * 0.44, size * 0.68, w * 0.56, size), _DOOR, 1.0)
    for x in (0.28, 0.72):
        pane = box(w * (x - 0.065), size * 0.66, w * (x + 0.065), size * 0.82)
        s.over(pane, _WINDOW, 1.0)
        s.shine(pane)
    return s


def _roof(s: Sprite, look: Look) -> None:
    w, size, paint = s.width, look.size, look.paint
    ridge, eaves = size * 0.12, size * 0.54
    roof = [(w * 0.26, ridge), (w * 0.74, ridge), (w * 0.98, eaves), (w * 0.02, eaves)]
    y = np.arange(s.height, dtype=np.float32)[:, None, None] / np.float32(eaves)
    s.fill(roof, np.broadcast_to(paint * (1.12 - 0.24 * y), s.rgb.shape))
    s.over(box(0, eaves - size * 0.05, w, eaves), paint * 0.6, 1)
    dim = [roof[0], (w * 0.36, ridge), (w * 0.2, eaves), roof[3]]
    if look.side < 0:
        dim = [(w - px, py) for px, py in dim]
    s.over(dim, paint * np.float32(0.6), 0.5)
    if look.season == "winter":
        top, hem = size * 0.1, size * 0.22
        s.fill([(w * 0.25, top), (w * 0.75, top), (w * 0.8, hem), (w * 0.2, hem)], SNOW)


def lighthouse(look: Look) -> Sprite:
    """A white tower with three bands of its colour, a gallery and a shining lamp."""
    size, paint = look.size, look.paint
    s = Sprite(size * 0.42, size)
    x, top, foot = s.width / 2, size * 0.24, size * 0.95
    above, below = size * 0.085, size * 0.135
    round_off = s.sphere(x, size * 0.5, below * 1.3, size * 3, look.side)
    s.fill(ellipse(x, foot, size * 0.19, size * 0.055), _STONE)
    s.fill(trunk(x, (top, foot), (above, below)), NAMED["white"] * round_off)
    for k in (0, 2, 4):
        halves = [above + (below - above) * edge / 6 for edge in (k, k + 1)]
        rows = [top + (foot - top) * edge / 6 for edge in (k, k + 1)]
        s.over(_band(x, rows, halves), paint * round_off, 1.0)
    lamp = box(x - size * 0.055, size * 0.125, x + size * 0.055, top)
    s.fill(lamp, _LAMP)
    s.shine(lamp)
    s.fill(box(x - size * 0.11, top - 3, x + size * 0.11, top + 2.5), _IRON)
    brim = size * 0.13
    s.fill([(x, size * 0.02), (x + size * 0.09, brim), (x - size * 0.09, brim)], paint * 0.85)
    s.over(box(x - size * 0.03, foot - size * 0.1, x + size * 0.03, foot), _DOOR, 1.0)
    return s


def _band(x: float, rows: list[float], halves: list[float]) -> Points:
    """A level stripe that follows the tower's slanting sides."""
    return trunk(x, (rows[0], rows[1]), (halves[0], halves[1]))
