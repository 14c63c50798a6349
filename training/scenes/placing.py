"""Standing a thing in the landscape: its place, its light, its shadow or its reflection."""

from dataclasses import dataclass

import cv2
import numpy as np

from .attributes import Thing
from .canvas import SIZE, Canvas, Image, Sprite, cover, ellipse
from .land import Stage
from .palette import Light
from .things import paint_thing
from .world import World

_COLUMNS = {"left": 56.0, "middle": 128.0, "right": 200.0}


@dataclass(frozen=True)
class _Spot:
    """Where a thing's foot is, in pixels, and how near (inverse depth 0..1) that is."""

    x: float
    foot: float
    near: float


def place(world: World, thing: Thing, stage: Stage) -> Image:
    """Stand one thing on land, on water or in the air; returns its cover (256, 256)."""
    x = _COLUMNS[thing.side] + world.rng.uniform(-10, 10)
    side = 1.0 if world.sun_x > x else -1.0
    sprite = paint_thing(thing, world.a.season, side, world.rng)
    if thing.kind == "balloon":
        spot = _Spot(x, world.rng.uniform(122, 150), 0.55)
    elif thing.kind == "boat" and stage.water:
        spot = _Spot(x, world.rng.uniform(*stage.water), 0.7)
        _reflect(world, sprite, spot)
    else:
        spot = _Spot(x, world.rng.uniform(*stage.ground), 0.85)
        _shadow(world, sprite, spot, side)
    mask = _composite(world.canvas, _colours(sprite, world.light, spot.near), sprite.alpha, spot)
    world.canvas.depth[mask > 0.5] = spot.near
    return mask


def _colours(sprite: Sprite, light: Light, near: float) -> Image:
    """The sprite under the hour's light and haze, with its shining parts left bright."""
    # Things keep a little more of their colour than land does, so that it can be named at night.
    tint = light.tint * np.float32(0.65) + np.float32(0.35) * light.tint.max()
    haze = np.float32(0.35 * (1 - near) ** 2)
    dull = sprite.rgb * tint * (1 - haze) + light.haze * haze * sprite.alpha[..., None]
    return dull + (sprite.rgb - dull) * sprite.light[..., None]


def _composite(canvas: Canvas, rgb: Image, alpha: Image, spot: _Spot) -> Image:
    """Lay premultiplied colours over the picture; returns the cover (256, 256)."""
    height, width = alpha.shape
    left, top = round(spot.x - width / 2), round(spot.foot - height)
    ys = slice(max(top, 0), min(top + height, SIZE))
    xs = slice(max(left, 0), min(left + width, SIZE))
    inner = (slice(ys.start - top, ys.stop - top), slice(xs.start - left, xs.stop - left))
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[ys, xs] = alpha[inner]
    canvas.picture[ys, xs] = canvas.picture[ys, xs] * (1 - mask[ys, xs, None]) + rgb[inner]
    return mask


def _shadow(world: World, sprite: Sprite, spot: _Spot, side: float) -> None:
    """A soft shadow on the ground, falling away from the sun or moon."""
    wide, top = sprite.width * 0.5, int(spot.foot) - 24
    outline = ellipse(spot.x - side * wide * 0.35, spot.foot - 2 - top, wide * 1.05, 8)
    mask = cv2.GaussianBlur(cover(outline, SIZE - top, SIZE), (0, 0), 3.5)
    mask = mask * np.float32(world.light.shadow * 1.5)
    world.canvas.lay(mask, world.canvas.picture[top:] * np.float32(0.35), top=top)


def _reflect(world: World, sprite: Sprite, spot: _Spot) -> None:
    """The mirror image under a boat: shortened, rippled and half transparent."""
    short = (sprite.width, int(sprite.height * 0.42))
    tinted = sprite.rgb[::-1] * world.light.tint
    rgb = cv2.resize(tinted, short, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(sprite.alpha[::-1], short, interpolation=cv2.INTER_AREA)
    fade = np.linspace(0.5, 0.08, short[1], dtype=np.float32)[:, None]
    shift = np.round(1.6 * np.sin(np.arange(short[1]) * 0.9)).astype(int)
    columns = np.clip(np.arange(short[0])[None] + shift[:, None], 0, short[0] - 1)
    rows = np.arange(short[1])[:, None]
    below = _Spot(spot.x, spot.foot + short[1], 0.0)
    _composite(
        world.canvas, rgb[rows, columns] * fade[..., None], alpha[rows, columns] * fade, below
    )
