"""Things that grow: trees, the cactus, flowers, and a very large apple."""

import numpy as np

from .canvas import Sprite, ellipse
from .palette import CROWN, NAMED, SNOW, rgb

_BARK, _STEM = rgb("7d5233"), rgb("3f8a3c")
_PINE, _CACTUS = rgb("2c6b4a"), rgb("4a9a52")


def round_tree(size, colour, season, side, rng) -> Sprite:
    """A round tree whose crown is of the season: blossom, green, orange or snow."""
    s = Sprite(size * 0.86, size)
    x, w = s.width / 2, s.width
    s.fill(
        [
            (x - w * 0.06, size * 0.5),
            (x + w * 0.06, size * 0.5),
            (x + w * 0.09, size),
            (x - w * 0.09, size),
        ],
        _BARK,
    )
    s.over(
        [
            (x, size * 0.5),
            (x + side * w * -0.1, size * 0.5),
            (x + side * w * -0.1, size),
            (x, size),
        ],
        (0.25, 0.15, 0.1),
        0.35,
    )
    crown = CROWN[season]
    shade = s.sphere(x, size * 0.36, w * 0.5, size * 0.38, side)
    for u, v, r in ((-0.27, 0.44, 0.24), (0.27, 0.44, 0.24), (0, 0.5, 0.24), (0, 0.3, 0.33)):
        s.fill(ellipse(x + u * w, v * size, r * w, r * w * 0.95), crown * shade)
    for u, v, r in ((0.16, 0.2, 0.13), (-0.1, 0.3, 0.1), (0.3, 0.4, 0.09)):
        light = crown * np.float32(0.75) + np.float32(0.25)
        s.over(ellipse(x + side * u * w, v * size, r * w, r * w * 0.8), light, 0.5)
    return s


def pine(size, colour, season, side, rng) -> Sprite:
    """A pine of four tiers, snowed on in winter."""
    s = Sprite(size * 0.62, size)
    x, w = s.width / 2, s.width
    s.fill(
        [
            (x - w * 0.08, size * 0.8),
            (x + w * 0.08, size * 0.8),
            (x + w * 0.08, size),
            (x - w * 0.08, size),
        ],
        _BARK,
    )
    for k in (3, 2, 1, 0):
        top, foot, half = size * (0.02 + 0.17 * k), size * (0.36 + 0.175 * k), w * (0.24 + 0.08 * k)
        tier = [(x, top), (x + half, foot), (x, foot - size * 0.03), (x - half, foot)]
        s.fill(tier, _PINE * (0.9 + 0.08 * (3 - k)))
        s.over([(x, top), (x + side * half, foot), (x, foot)], rgb("6fb070"), 0.38)
        if season == "winter":
            s.over(
                [
                    (x, top),
                    (x + half * 0.55, foot - size * 0.14),
                    (x, foot - size * 0.2),
                    (x - half * 0.55, foot - size * 0.14),
                ],
                SNOW,
                0.95,
            )
    return s


def cactus(size, colour, season, side, rng) -> Sprite:
    """A saguaro with two raised arms, ribs and a pink bloom."""
    s = Sprite(size * 0.74, size)
    x, r = s.width / 2, size * 0.115
    for reach, low, high in ((-0.27, 0.62, 0.34), (0.27, 0.5, 0.22)):
        ax = x + reach * size
        s.fill(_pill(ax, size * high, size * low, r * 0.7), _CACTUS)
        s.fill(
            [
                (min(x, ax), size * low - r * 0.7),
                (max(x, ax), size * low - r * 0.7),
                (max(x, ax), size * low + r * 0.7),
                (min(x, ax), size * low + r * 0.7),
            ],
            _CACTUS,
        )
    s.fill(_pill(x, size * 0.12, size * 1.1, r), _CACTUS)
    for dx in (-0.27 * size, 0, 0.27 * size):
        s.over(
            [
                (x + dx - side * r, 0),
                (x + dx - side * r * 0.25, 0),
                (x + dx - side * r * 0.25, size),
                (x + dx - side * r, size),
            ],
            rgb("2f7343"),
            0.55,
        )
        s.over(
            [
                (x + dx + side * r * 0.3, 0),
                (x + dx + side * r * 0.5, 0),
                (x + dx + side * r * 0.5, size),
                (x + dx + side * r * 0.3, size),
            ],
            rgb("a4d68a"),
            0.6,
        )
    s.fill(ellipse(x, size * 0.06, size * 0.07, size * 0.05), NAMED["pink"])
    return s


def _pill(x, top, foot, r):
    return np.concatenate(
        [ellipse(x, top + r, r, r, (180, 360)), ellipse(x, foot - r, r, r, (0, 180))]
    )


def flowers(size, colour, season, side, rng) -> Sprite:
    """Five large blossoms of one colour on leafy stems."""
    s = Sprite(size * 1.3, size)
    w = s.width
    heads = ((0.16, 0.46), (0.38, 0.24), (0.62, 0.38), (0.85, 0.28), (0.5, 0.66))
    for u, v in heads:
        x, y = w * u, size * v
        foot = w * (0.3 + 0.4 * u)
        s.fill([(x - 1.3, y), (x + 1.3, y), (foot + 1.5, size), (foot - 1.5, size)], _STEM)
        s.fill(ellipse((x + foot) / 2 + 4, (y + size) / 2, size * 0.09, size * 0.04), _STEM)
    for u, v in heads:
        _blossom(s, w * u, size * v, size * 0.155, colour)
    return s


def _blossom(s: Sprite, x, y, r, colour) -> None:
    for angle in np.radians(np.arange(5) * 72 - 90):
        petal = ellipse(
            x + np.cos(angle) * r * 0.6, y + np.sin(angle) * r * 0.6, r * 0.52, r * 0.52
        )
        s.fill(petal, NAMED[colour] * (1.02 - 0.14 * (np.sin(angle) > 0)))
    s.fill(
        ellipse(x, y, r * 0.36, r * 0.36), rgb("f2a33a") if colour == "yellow" else rgb("ffd84d")
    )


def apple(size, colour, season, side, rng) -> Sprite:
    """A shining apple with a stem, a leaf and a highlight."""
    s = Sprite(size * 1.02, size)
    x, y, r = s.width / 2, size * 0.6, size * 0.4
    paint = NAMED[colour]
    shade = s.sphere(x, y, r * 1.1, r, side) * 1.04
    for u in (-0.42, 0.42):
        s.fill(ellipse(x + u * r, y - r * 0.08, r * 0.74, r * 0.9), paint * shade)
    s.fill(ellipse(x, y + r * 0.12, r * 0.94, r * 0.84), paint * shade)
    s.over(ellipse(x, y - r * 0.82, r * 0.3, r * 0.13), paint * np.float32(0.5), 0.8)
    s.over(ellipse(x + side * r * 0.5, y - r * 0.38, r * 0.2, r * 0.28), (1, 1, 1), 0.6)
    s.fill(
        [
            (x - 2, y - r * 0.8),
            (x + 2, y - r * 0.8),
            (x + r * 0.24, size * 0.03),
            (x + r * 0.1, size * 0.03),
        ],
        _BARK,
    )
    s.fill(
        [
            (x + 2, y - r * 1.0),
            (x + r * 0.45, y - r * 1.4),
            (x + r * 0.9, y - r * 1.28),
            (x + r * 0.5, y - r * 0.98),
        ],
        _STEM,
    )
    return s
