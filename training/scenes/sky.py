"""The sky: its gradient, the sun or moon, the stars and the clouds."""

import cv2
import numpy as np
from numpy.typing import ArrayLike

from .attributes import Attributes
from .canvas import SIZE, Canvas, Image, Points, cover, ellipse
from .palette import Light

_Y = np.arange(SIZE, dtype=np.float32)

# x and y in pixels from the top left.
Place = tuple[float, float]


def paint_sky(canvas: Canvas, a: Attributes, light: Light, rng: np.random.Generator) -> float:
    """Paint the whole sky; returns the x of the sun or moon in pixels (or where light is from)."""
    canvas.picture[:] = gradient(light, 150)[:, None]
    x = float(rng.uniform(28, 228))
    if a.stars:
        _stars(canvas, rng)
    if a.disc:
        _disc(canvas, a, light, x, rng)
    if a.clouds:
        _clouds(canvas, a, light, rng)
    return x


def gradient(light: Light, horizon: float) -> Image:
    """The sky's colour on each row, (256, 3): top, middle, horizon, smoothly joined."""
    t = np.clip(_Y / horizon, 0, 1)[:, None]
    top, middle, low = light.sky
    upper = top + (middle - top) * np.minimum(t * 1.8, 1)
    return (upper + (low - upper) * np.clip(t * 1.6 - 0.6, 0, 1)).astype(np.float32)


def _stars(canvas: Canvas, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(22, 38))):
        x, y = rng.uniform(0, SIZE), rng.uniform(0, 140)
        size = rng.choice([0.9, 1.3, 1.9], p=[0.4, 0.4, 0.2])
        bright = 0.95 * (1 - y / 260)
        _dot(canvas, (x, y), size, (1.0, 0.97, 0.86), bright)


def _dot(canvas: Canvas, at: Place, radius: float, colour: ArrayLike, strength=1.0) -> None:
    """Paint a filled circle with an antialiased edge."""
    x, y = at
    top = max(0, int(y - radius) - 2)
    mask = np.zeros((int(2 * radius) + 6, SIZE), np.uint8)
    centre = (round(x * 16), round((y - top) * 16))
    cv2.circle(mask, centre, round(radius * 16), 255, -1, cv2.LINE_AA, shift=4)
    canvas.lay(mask * np.float32(strength / 255), colour, top=top)


def _disc(canvas: Canvas, a: Attributes, light: Light, x: float, rng: np.random.Generator) -> None:
    height = {"day": (26, 60), "dawn": (92, 122), "sunset": (92, 126), "night": (30, 66)}
    y = float(rng.uniform(*height[a.time]))
    radius = {"day": 17, "dawn": 19, "sunset": 24, "night": 17}[a.time] * rng.uniform(0.95, 1.15)
    if a.disc == "sun":
        canvas.glow(x, y, radius * 3.6, light.disc, 0.55)
        canvas.glow(x, y, radius * 1.7, light.disc, 0.5)
        _dot(canvas, (x, y), radius, light.disc)
    elif a.disc == "crescent":
        canvas.glow(x, y, radius * 2.6, light.sky[2], 0.5)
        canvas.lay(cover(_crescent(x, y, radius), SIZE, SIZE), light.disc)
    else:
        canvas.glow(x, y, radius * 2.6, light.sky[2], 0.5)
        _dot(canvas, (x, y), radius, light.disc)
        for dx, dy, r in ((-0.35, -0.2, 0.25), (0.3, 0.3, 0.2), (0.15, -0.45, 0.13)):
            crater = (x + dx * radius, y + dy * radius)
            _dot(canvas, crater, r * radius, (0.85, 0.8, 0.7), 0.35)


def _crescent(x: float, y: float, radius: float) -> Points:
    """A moon's outer edge there and its terminator back."""
    outer = ellipse(x, y, radius, radius, (60, 250))
    inner = ellipse(x + radius * 0.42, y - radius * 0.22, radius * 0.82, radius * 0.82, (250, 60))
    return np.concatenate([outer, np.linspace(outer[-1], inner[0], 2), inner])


def _clouds(canvas: Canvas, a: Attributes, light: Light, rng: np.random.Generator) -> None:
    if a.time == "overcast":
        for y in (14, 48, 86):
            for x in np.arange(-20, 300, 95) + rng.uniform(-30, 30):
                at = (float(x), y + rng.uniform(-8, 8))
                _cloud(canvas, light, at, rng.uniform(52, 72), rng)
        return
    for _ in range(int(rng.integers(2, 4))):
        at = (rng.uniform(0, 256), rng.uniform(22, 92))
        _cloud(canvas, light, at, rng.uniform(28, 46), rng)


def _cloud(canvas: Canvas, light: Light, at: Place, width: float, rng: np.random.Generator) -> None:
    """A heap of round puffs on a flat base, white above and shaded below."""
    x, y = at
    top, deep = int(y - width), int(width) + 4
    mask = np.zeros((deep, SIZE), np.float32)
    for u in (-0.7, -0.25, 0.25, 0.68):
        size = width * (0.42 - 0.26 * abs(u)) * rng.uniform(0.9, 1.15)
        puff = ellipse(x + u * width, y - top - size * 0.45, size * 1.2, size)
        mask = np.maximum(mask, cover(puff, deep, SIZE))
    rows = np.arange(top, top + deep, dtype=np.float32)[:, None]
    mask *= np.clip((y + 1.5 - rows) / 3, 0, 1)
    shade = np.clip((rows - (y - width * 0.42)) / (width * 0.42), 0, 1)[..., None] ** 1.5
    colour = light.cloud + (light.cloud_shade - light.cloud) * shade * np.float32(0.8)
    mask = cv2.GaussianBlur(mask, (0, 0), 0.9) * np.float32(0.93)
    above = max(0, -top)
    canvas.lay(mask[above:], colour[above:], 0.04, top + above)
