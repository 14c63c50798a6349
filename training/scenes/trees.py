"""The round tree and the pine, each dressed for the season."""

import numpy as np

from .canvas import Sprite, ellipse
from .look import Look
from .palette import CROWN, SNOW, rgb
from .shapes import box, trunk

_BARK, _BARK_SHADE = rgb("7d5233"), (0.25, 0.15, 0.1)
_NEEDLES, _NEEDLES_LIT = rgb("2c6b4a"), rgb("6fb070")


def round_tree(look: Look) -> Sprite:
    """A round tree whose crown is of the season: blossom, green, orange or snow."""
    size, side = look.size, look.side
    s = Sprite(size * 0.86, size)
    x, w = s.width / 2, s.width
    s.fill(trunk(x, (size * 0.5, size), (w * 0.06, w * 0.09)), _BARK)
    s.over(box(x, size * 0.5, x + side * w * -0.1, size), _BARK_SHADE, 0.35)
    crown = CROWN[look.season]
    shade = s.sphere(x, size * 0.36, w * 0.5, size * 0.38, side)
    for u, v, r in ((-0.27, 0.44, 0.24), (0.27, 0.44, 0.24), (0, 0.5, 0.24), (0, 0.3, 0.33)):
        s.fill(ellipse(x + u * w, v * size, r * w, r * w * 0.95), crown * shade)
    for u, v, r in ((0.16, 0.2, 0.13), (-0.1, 0.3, 0.1), (0.3, 0.4, 0.09)):
        light = crown * np.float32(0.75) + np.float32(0.25)
        s.over(ellipse(x + side * u * w, v * size, r * w, r * w * 0.8), light, 0.5)
    return s


def pine(look: Look) -> Sprite:
    """A pine of four tiers, snowed on in winter."""
    size = look.size
    s = Sprite(size * 0.62, size)
    x, w = s.width / 2, s.width
    s.fill(trunk(x, (size * 0.8, size), (w * 0.08, w * 0.08)), _BARK)
    for k in (3, 2, 1, 0):
        top, foot, half = size * (0.02 + 0.17 * k), size * (0.36 + 0.175 * k), w * (0.24 + 0.08 * k)
        tier = [(x, top), (x + half, foot), (x, foot - size * 0.03), (x - half, foot)]
        s.fill(tier, _NEEDLES * (0.9 + 0.08 * (3 - k)))
        s.over([(x, top), (x + look.side * half, foot), (x, foot)], _NEEDLES_LIT, 0.38)
        if look.season == "winter":
            hem, dip = foot - size * 0.14, foot - size * 0.2
            snow = [(x, top), (x + half * 0.55, hem), (x, dip), (x - half * 0.55, hem)]
            s.over(snow, SNOW, 0.95)
    return s
