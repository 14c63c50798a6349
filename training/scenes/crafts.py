"""Things that carry people: the hot-air balloon and the sailing boat."""

import numpy as np

from .canvas import Points, Sprite, ellipse
from .look import Look
from .palette import rgb
from .shapes import box, line

_BASKET, _ROPE = rgb("9a6a3a"), rgb("6b4a2c")
_CREAM = rgb("fff3dc")
_WOOD, _RAIL, _DARK_WOOD = rgb("8d5a34"), rgb("c98f55"), rgb("5e3a22")
_DUSK = (0.2, 0.2, 0.35)


def balloon(look: Look) -> Sprite:
    """A balloon with gores of its colour and cream, a skirt, ropes and a basket."""
    size, side = look.size, look.side
    s = Sprite(size * 0.8, size)
    x, y, r = s.width / 2, size * 0.38, size * 0.36
    dome = ellipse(x, y, r, r * 1.02, (160, 380))
    skirt = [(x + r * 0.28, size * 0.8), (x - r * 0.28, size * 0.8)]
    envelope = np.concatenate([dome, skirt])
    shade = s.sphere(x, y, r, r * 1.05, side)
    s.fill(envelope, look.paint * shade)
    for u in (-0.62, 0.0, 0.62):
        s.over(_gore(s, look, u), _CREAM * shade, 0.92)
    s.over(ellipse(x + side * r * 0.42, y - r * 0.42, r * 0.2, r * 0.28), (1, 1, 1), 0.28)
    _basket(s, look)
    s.shine(envelope)
    s.light *= np.float32(0.45)  # the burner lights the cloth from within
    return s


def _basket(s: Sprite, look: Look) -> None:
    x, r, top = s.width / 2, look.size * 0.36, look.size * 0.87
    for u in (-1, 1):
        s.fill(line((x + u * r * 0.26, look.size * 0.78), (x + u * r * 0.2, top), 1.3), _ROPE)
    s.fill(box(x - r * 0.24, top, x + r * 0.24, look.size - 1), _BASKET)
    s.over(box(x - r * 0.24, top, x + r * 0.24, top + look.size * 0.025), _ROPE, 0.9)


def _gore(s: Sprite, look: Look, u: float) -> Points:
    """One stripe, narrow at the crown and at the skirt, as meridians are."""
    x, y, r = s.width / 2, look.size * 0.38, look.size * 0.36
    t = np.linspace(0, 1, 16)
    swell = np.sin(np.pi * np.clip(t * 0.86 + 0.04, 0, 1)) ** 0.7
    rows = y - r * 1.02 + t * (look.size * 0.8 - y + r * 1.02)
    near, far = ((u + edge) * r * swell + x for edge in (-0.17, 0.17))
    return np.concatenate([np.stack([near, rows], 1), np.stack([far, rows], 1)[::-1]])


def boat(look: Look) -> Sprite:
    """A wooden boat with a mainsail of its colour and a smaller, paler jib."""
    size, sail = look.size, look.paint
    s = Sprite(size * 0.95, size)
    w, deck = s.width, size * 0.8
    x, boom, mast_top = w * 0.46, deck - size * 0.06, size * 0.03
    main = [(x + 2, mast_top), (w * 0.9, boom), (x + 2, boom)]
    jib = [(x - 2, size * 0.12), (x - 2, boom), (w * 0.1, boom)]
    s.fill(main, sail)
    s.fill(jib, sail * np.float32(0.72) + np.float32(0.28))
    dim = main if look.side < 0 else jib
    s.over([dim[0], ((dim[0][0] + dim[1][0]) / 2, dim[1][1]), dim[2]], _DUSK, 0.16)
    s.fill(line((x, mast_top), (x, deck), 2.2), _DARK_WOOD)
    s.fill([(w * 0.03, deck), (w * 0.97, deck), (w * 0.8, size), (w * 0.2, size)], _WOOD)
    s.over(box(0, deck, w, deck + size * 0.05), _RAIL, 1.0)
    s.over(box(0, size * 0.93, w, size), _DARK_WOOD, 0.6)
    return s
