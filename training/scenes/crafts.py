"""Things that carry people: the hot-air balloon and the sailing boat."""

import numpy as np

from .canvas import Sprite, ellipse
from .palette import NAMED, rgb

_BASKET, _ROPE = rgb("9a6a3a"), rgb("6b4a2c")
_CREAM = rgb("fff3dc")
_WOOD, _DARK_WOOD = rgb("8d5a34"), rgb("5e3a22")


def balloon(size, colour, season, side, rng) -> Sprite:
    """A balloon with gores of its colour and cream, a skirt, ropes and a basket."""
    s = Sprite(size * 0.8, size)
    x, y, r = s.width / 2, size * 0.38, size * 0.36
    paint = NAMED[colour]
    envelope = _envelope(x, y, r, size)
    shade = s.sphere(x, y, r, r * 1.05, side)
    s.fill(envelope, paint * shade)
    stripe = _CREAM * shade
    for u in (-0.62, 0.0, 0.62):
        s.over(_gore(x, y, r, size, u), stripe, 0.92)
    s.over(ellipse(x + side * r * 0.42, y - r * 0.42, r * 0.2, r * 0.28), (1, 1, 1), 0.28)
    top = size * 0.87
    for u in (-1, 1):
        s.fill(_line(x + u * r * 0.26, size * 0.78, x + u * r * 0.2, top, 1.3), _ROPE)
    s.fill(_box(x - r * 0.24, top, x + r * 0.24, size - 1), _BASKET)
    s.over(_box(x - r * 0.24, top, x + r * 0.24, top + size * 0.025), _ROPE, 0.9)
    s.shine(envelope)
    s.light *= np.float32(0.45)  # the burner lights the cloth from within
    return s


def _envelope(x, y, r, size):
    dome = ellipse(x, y, r, r * 1.02, (160, 380))
    return np.concatenate([dome, [(x + r * 0.28, size * 0.8), (x - r * 0.28, size * 0.8)]])


def _gore(x, y, r, size, u):
    """One stripe, narrow at the crown and at the skirt, as meridians are."""
    t = np.linspace(0, 1, 16)
    swell = np.sin(np.pi * np.clip(t * 0.86 + 0.04, 0, 1)) ** 0.7
    rows = y - r * 1.02 + t * (size * 0.8 - y + r * 1.02)
    edge = [(u - 0.17) * r * swell + x, (u + 0.17) * r * swell + x]
    return np.concatenate([np.stack([edge[0], rows], 1), np.stack([edge[1], rows], 1)[::-1]])


def boat(size, colour, season, side, rng) -> Sprite:
    """A wooden boat with a mainsail of its colour and a smaller, paler jib."""
    s = Sprite(size * 0.95, size)
    x, deck = s.width * 0.46, size * 0.8
    sail = NAMED[colour]
    mast_top = size * 0.03
    main = [(x + 2, mast_top), (s.width * 0.9, deck - size * 0.06), (x + 2, deck - size * 0.06)]
    jib = [(x - 2, size * 0.12), (x - 2, deck - size * 0.06), (s.width * 0.1, deck - size * 0.06)]
    s.fill(main, sail)
    s.fill(jib, sail * np.float32(0.72) + np.float32(0.28))
    dim = main if side < 0 else jib
    s.over([dim[0], ((dim[0][0] + dim[1][0]) / 2, dim[1][1]), dim[2]], (0.2, 0.2, 0.35), 0.16)
    s.fill(_line(x, mast_top, x, deck, 2.2), _DARK_WOOD)
    w = s.width
    hull = [(w * 0.03, deck), (w * 0.97, deck), (w * 0.8, size), (w * 0.2, size)]
    s.fill(hull, _WOOD)
    s.over(_box(0, deck, w, deck + size * 0.05), rgb("c98f55"), 1.0)
    s.over(_box(0, size * 0.93, w, size), _DARK_WOOD, 0.6)
    return s


def _line(x0, y0, x1, y1, wide):
    return [(x0 - wide / 2, y0), (x0 + wide / 2, y0), (x1 + wide / 2, y1), (x1 - wide / 2, y1)]


def _box(x0, y0, x1, y1):
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
