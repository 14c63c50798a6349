"""Smaller things that grow: the cactus, flowers, and a very large apple."""

import numpy as np

from .canvas import Sprite, ellipse
from .look import Look
from .palette import NAMED, rgb
from .shapes import box, pill

_BARK, _STEM = rgb("7d5233"), rgb("3f8a3c")
_CACTUS, _CACTUS_SHADE, _CACTUS_LIT = rgb("4a9a52"), rgb("2f7343"), rgb("a4d68a")
_HEART, _DARK_HEART = rgb("ffd84d"), rgb("f2a33a")


def cactus(look: Look) -> Sprite:
    """A saguaro with two raised arms, ribs and a pink bloom."""
    size, side = look.size, look.side
    s = Sprite(size * 0.74, size)
    x, r = s.width / 2, size * 0.115
    for reach, low, high in ((-0.27, 0.62, 0.34), (0.27, 0.5, 0.22)):
        ax, elbow = x + reach * size, size * low
        s.fill(pill(ax, size * high, elbow, r * 0.7), _CACTUS)
        s.fill(box(min(x, ax), elbow - r * 0.7, max(x, ax), elbow + r * 0.7), _CACTUS)
    s.fill(pill(x, size * 0.12, size * 1.1, r), _CACTUS)
    for dx in (-0.27 * size, 0, 0.27 * size):
        rib = x + dx
        s.over(box(rib - side * r, 0, rib - side * r * 0.25, size), _CACTUS_SHADE, 0.55)
        s.over(box(rib + side * r * 0.3, 0, rib + side * r * 0.5, size), _CACTUS_LIT, 0.6)
    s.fill(ellipse(x, size * 0.06, size * 0.07, size * 0.05), NAMED["pink"])
    return s


def flowers(look: Look) -> Sprite:
    """Five large blossoms of one colour on leafy stems."""
    size = look.size
    s = Sprite(size * 1.3, size)
    w = s.width
    heads = ((0.16, 0.46), (0.38, 0.24), (0.62, 0.38), (0.85, 0.28), (0.5, 0.66))
    for u, v in heads:
        x, y = w * u, size * v
        foot = w * (0.3 + 0.4 * u)
        s.fill([(x - 1.3, y), (x + 1.3, y), (foot + 1.5, size), (foot - 1.5, size)], _STEM)
        s.fill(ellipse((x + foot) / 2 + 4, (y + size) / 2, size * 0.09, size * 0.04), _STEM)
    for u, v in heads:
        _blossom(s, (w * u, size * v), size * 0.155, look)
    return s


def _blossom(s: Sprite, at: tuple[float, float], r: float, look: Look) -> None:
    x, y = at
    for angle in np.radians(np.arange(5) * 72 - 90):
        out, down = np.cos(angle), np.sin(angle)
        petal = ellipse(x + out * r * 0.6, y + down * r * 0.6, r * 0.52, r * 0.52)
        s.fill(petal, look.paint * (1.02 - 0.14 * (down > 0)))
    s.fill(ellipse(x, y, r * 0.36, r * 0.36), _DARK_HEART if look.colour == "yellow" else _HEART)


def apple(look: Look) -> Sprite:
    """A shining apple with a stem, a leaf and a highlight."""
    size, side, paint = look.size, look.side, look.paint
    s = Sprite(size * 1.02, size)
    x, y, r = s.width / 2, size * 0.6, size * 0.4
    shade = s.sphere(x, y, r * 1.1, r, side) * 1.04
    for u in (-0.42, 0.42):
        s.fill(ellipse(x + u * r, y - r * 0.08, r * 0.74, r * 0.9), paint * shade)
    s.fill(ellipse(x, y + r * 0.12, r * 0.94, r * 0.84), paint * shade)
    s.over(ellipse(x, y - r * 0.82, r * 0.3, r * 0.13), paint * np.float32(0.5), 0.8)
    s.over(ellipse(x + side * r * 0.5, y - r * 0.38, r * 0.2, r * 0.28), (1, 1, 1), 0.6)
    base, tip = y - r * 0.8, size * 0.03
    s.fill([(x - 2, base), (x + 2, base), (x + r * 0.24, tip), (x + r * 0.1, tip)], _BARK)
    leaf = ((2, -r), (r * 0.45, -r * 1.4), (r * 0.9, -r * 1.28), (r * 0.5, -r * 0.98))
    s.fill([(x + dx, y + dy) for dx, dy in leaf], _STEM)
    return s
