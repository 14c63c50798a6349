"""Synthetic pictures for the fake studio: a balloon over a lake, emerging from noise."""

from __future__ import annotations

import colorsys
import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps
from PIL.PngImagePlugin import PngInfo

PREVIEW_SIDE = 128


def scene(width: int, height: int, seed: int) -> Image.Image:
    """A balloon over a lake; hue of the sky, place and colour of the balloon follow the seed."""
    random = np.random.default_rng(seed)
    picture = _sky(width, height, float(random.random()))
    draw = ImageDraw.Draw(picture)
    horizon = int(height * random.uniform(0.6, 0.72))
    _hills(draw, width, height, horizon, random)
    draw.rectangle((0, horizon, width, height), fill=_tone(random.random() * 0.1 + 0.5, 0.45, 0.6))
    for _ in range(24):
        x, y = int(random.integers(0, width)), int(random.integers(horizon, height))
        length = int(width * random.uniform(0.03, 0.12))
        draw.line((x, y, x + length, y), fill=_tone(0.55, 0.2, 0.85), width=max(1, height // 200))
    _balloon(draw, width, height, random)
    return picture.filter(ImageFilter.GaussianBlur(min(width, height) / 600))


def _tone(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return int(red * 255), int(green * 255), int(blue * 255)


def _sky(width: int, height: int, hue: float) -> Image.Image:
    top = np.array(_tone(0.55 + hue * 0.25, 0.55, 0.75))
    low = np.array(_tone(0.04 + hue * 0.08, 0.45, 1.0))
    share = np.linspace(0, 1, height)[:, None, None] ** 1.4
    rows = (top * (1 - share) + low * share).astype(np.uint8)
    return Image.fromarray(np.broadcast_to(rows, (height, width, 3)).copy())


def _hills(draw, width, height, horizon, random) -> None:
    for layer in range(3):
        tone = _tone(0.65 - layer * 0.12, 0.3 + layer * 0.05, 0.7 - layer * 0.14)
        across = np.linspace(0, width, 60)
        phase, waves = random.random() * 6, 2 + layer
        rise = height * (0.16 - 0.045 * layer)
        tops = horizon - rise * (0.55 + 0.45 * np.sin(across / width * waves * 3 + phase))
        ridge = list(zip(across.tolist(), tops.tolist(), strict=True))
        draw.polygon([(0, horizon), *ridge, (width, horizon)], fill=tone)


def _balloon(draw, width, height, random) -> None:
    side = min(width, height)
    x, y = width * random.uniform(0.3, 0.7), height * random.uniform(0.25, 0.38)
    radius = side * random.uniform(0.12, 0.17)
    hue = random.random()
    draw.polygon(
        [(x - radius * 0.8, y + radius * 0.6), (x + radius * 0.8, y + radius * 0.6),
         (x, y + radius * 1.7)],
        fill=_tone(hue, 0.75, 0.7),
    )  # fmt: skip
    for part in range(5):
        inset = radius * (1 - part * 0.24)
        box = (x - inset, y - radius, x + inset, y + radius)
        draw.ellipse(box, fill=_tone(hue + (part % 2) * 0.06, 0.75 - (part % 2) * 0.35, 0.85))
    basket = radius * 0.22
    draw.rectangle((x - basket, y + radius * 1.7, x + basket, y + radius * 2), fill=(96, 60, 32))


def over(picture: Image.Image, scene: Image.Image, strength: float) -> Image.Image:
    """A scene painted over a picture: the more strength, the less is left of the picture."""
    start = ImageOps.fit(picture, scene.size)
    return Image.blend(start, scene, strength * 0.6)


def depth(width: int, height: int) -> Image.Image:
    """A slope from far above to near below, with a ball in the middle."""
    slope = Image.linear_gradient("L").resize((width, height))
    side = min(width, height) // 4
    box = (width // 2 - side, height // 2 - side, width // 2 + side, height // 2 + side)
    ImageDraw.Draw(slope).ellipse(box, fill=230)
    return slope


def masked(picture: Image.Image, mask: Image.Image, scene: Image.Image) -> Image.Image:
    """A picture with a scene where the mask is white."""
    start = ImageOps.fit(picture, scene.size)
    return Image.composite(scene, start, ImageOps.fit(mask.convert("L"), scene.size))


def preview(picture: Image.Image, share: float, seed: int) -> bytes:
    """A small JPEG of the picture at `share` (0 to 1) of its way out of the noise."""
    small = picture.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    blurred = small.filter(ImageFilter.GaussianBlur(8 * (1 - share) ** 1.5))
    pixels = np.asarray(blurred, dtype=np.float32)
    noise = np.random.default_rng(seed + int(share * 1000)).normal(128, 70, pixels.shape)
    keep = min(1.0, 0.15 + share)
    mixed = pixels * keep + noise * (1 - keep)
    target = io.BytesIO()
    Image.fromarray(mixed.clip(0, 255).astype(np.uint8)).save(target, "JPEG", quality=80)
    return target.getvalue()


def png(picture: Image.Image, infotext: str) -> bytes:
    """The picture as a PNG with its infotext inside."""
    info = PngInfo()
    info.add_text("parameters", infotext)
    target = io.BytesIO()
    picture.save(target, "PNG", pnginfo=info)
    return target.getvalue()
