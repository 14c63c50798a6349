"""From attributes to a finished scene: picture, captions, depth and masks."""

from dataclasses import dataclass

import cv2
import numpy as np

from .attributes import Attributes, Thing, sample
from .canvas import SIZE, Canvas, Image, Sprite, ellipse, cover
from .captions import captions
from .land import Stage, paint_land
from .palette import LIGHTS, Light
from .sky import paint_sky
from .things import paint_thing

_COLUMNS = {"left": 56.0, "middle": 128.0, "right": 200.0}


@dataclass(frozen=True)
class Scene:
    """One rendered scene.

    `picture` is RGB uint8 (256, 256, 3); `depth` relative inverse depth float32 (256, 256),
    0 far to 1 near; `masks` one float32 (256, 256) cover 0..1 for each of `attributes.things`.
    """

    attributes: Attributes
    captions: tuple[str, ...]
    picture: np.ndarray
    depth: Image
    masks: tuple[Image, ...]


def scene(seed: int, wordings: int = 3) -> Scene:
    """The scene of this seed, always the same, with this many wordings of its caption."""
    attributes, words = wording(seed, wordings)
    picture, depth, masks = render(attributes, np.random.default_rng([seed, 1]))
    return Scene(attributes, words, picture, depth, masks)


def wording(seed: int, wordings: int = 3) -> tuple[Attributes, tuple[str, ...]]:
    """The attributes and captions of the scene of this seed, without painting it."""
    attributes = sample(np.random.default_rng([seed, 0]))
    return attributes, captions(attributes, np.random.default_rng([seed, 2]), wordings)


def render(a: Attributes, rng: np.random.Generator) -> tuple[np.ndarray, Image, tuple[Image, ...]]:
    """Paint attributes: picture uint8 (256, 256, 3), depth (256, 256), a mask for each thing."""
    canvas, light = Canvas(), LIGHTS[a.time]
    sun_x = paint_sky(canvas, a, light, rng)
    stage = paint_land(canvas, a, light, sun_x, rng)
    # Back to front: what floats or flies stands behind what is on the near ground.
    order = sorted(a.things, key=lambda thing: thing.kind not in ("balloon", "boat"))
    placed = {t: _place(canvas, t, a, light, sun_x, stage, rng) for t in order}
    masks = tuple(placed[thing] for thing in a.things)
    picture = np.clip(canvas.picture * 255 + 0.5, 0, 255).astype(np.uint8)
    return picture, canvas.depth, masks


def _place(
    canvas: Canvas, thing: Thing, a: Attributes, light: Light, sun_x: float,
    stage: Stage, rng: np.random.Generator,
) -> Image:  # fmt: skip
    """Stand one thing on land, on water or in the air, with its shadow or reflection."""
    x = _COLUMNS[thing.side] + rng.uniform(-10, 10)
    side = 1.0 if sun_x > x else -1.0
    sprite = paint_thing(thing, a.season, side, rng)
    if thing.kind == "balloon":
        foot, near = rng.uniform(122, 150), 0.55
    elif thing.kind == "boat" and stage.water:
        foot, near = rng.uniform(*stage.water), 0.7
        _reflect(canvas, sprite, light, x, foot)
    else:
        foot, near = rng.uniform(*stage.ground), 0.85
        _shadow(canvas, sprite, light, x, foot, side)
    return _composite(canvas, _colours(sprite, light, near), sprite.alpha, x, foot, near)


def _colours(sprite: Sprite, light: Light, near: float) -> Image:
    """The sprite under the hour's light and haze, with its shining parts left bright."""
    # Things keep a little more of their colour than land does, so that it can be named at night.
    tint = light.tint * np.float32(0.65) + np.float32(0.35) * light.tint.max()
    haze = np.float32(0.35 * (1 - near) ** 2)
    dull = sprite.rgb * tint * (1 - haze) + light.haze * haze * sprite.alpha[..., None]
    return dull + (sprite.rgb - dull) * sprite.light[..., None]


def _composite(
    canvas: Canvas, rgb: Image, alpha: Image, x: float, foot: float, near: float
) -> Image:
    """Lay premultiplied colours over the picture; returns the cover (256, 256)."""
    height, width = alpha.shape
    left, top = round(x - width / 2), round(foot - height)
    ys, xs = (
        slice(max(top, 0), min(top + height, SIZE)),
        slice(max(left, 0), min(left + width, SIZE)),
    )
    inner = (slice(ys.start - top, ys.stop - top), slice(xs.start - left, xs.stop - left))
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[ys, xs] = alpha[inner]
    canvas.picture[ys, xs] = canvas.picture[ys, xs] * (1 - mask[ys, xs, None]) + rgb[inner]
    canvas.depth[mask > 0.5] = near
    return mask


def _shadow(
    canvas: Canvas, sprite: Sprite, light: Light, x: float, foot: float, side: float
) -> None:
    """A soft shadow on the ground, falling away from the sun or moon."""
    wide = sprite.width * 0.5
    top = int(foot) - 24
    mask = cover(ellipse(x - side * wide * 0.35, foot - 2 - top, wide * 1.05, 8), SIZE - top, SIZE)
    mask = cv2.GaussianBlur(mask, (0, 0), 3.5) * np.float32(light.shadow * 1.5)
    canvas.lay(mask, canvas.picture[top:] * np.float32(0.35), top=top)


def _reflect(canvas: Canvas, sprite: Sprite, light: Light, x: float, foot: float) -> None:
    """The mirror image under a boat: shortened, rippled and half transparent."""
    short = (sprite.width, int(sprite.height * 0.42))
    rgb = cv2.resize(sprite.rgb[::-1] * light.tint, short, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(sprite.alpha[::-1], short, interpolation=cv2.INTER_AREA)
    fade = np.linspace(0.5, 0.08, short[1], dtype=np.float32)
    shift = np.round(1.6 * np.sin(np.arange(short[1]) * 0.9)).astype(int)
    columns = np.clip(np.arange(short[0])[None] + shift[:, None], 0, short[0] - 1)
    rows = np.arange(short[1])[:, None]
    rgb, alpha = rgb[rows, columns] * fade[:, None, None], alpha[rows, columns] * fade[:, None]
    depth = canvas.depth.copy()
    _composite(canvas, rgb, alpha, x, foot + short[1], 0.0)
    canvas.depth = depth
