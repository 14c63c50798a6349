"""From attributes to a finished scene: picture, captions, depth and masks."""

from dataclasses import dataclass

import numpy as np

from .attributes import Attributes, sample
from .canvas import Canvas, Image
from .captions import captions
from .land import paint_land
from .palette import LIGHTS
from .placing import place
from .sky import paint_sky
from .world import World


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
    world = World(canvas, a, light, paint_sky(canvas, a, light, rng), rng)
    stage = paint_land(world)
    # Back to front: what floats or flies stands behind what is on the near ground.
    order = sorted(a.things, key=lambda thing: thing.kind not in ("balloon", "boat"))
    placed = {thing: place(world, thing, stage) for thing in order}
    picture = np.clip(canvas.picture * 255 + 0.5, 0, 255).astype(np.uint8)
    return picture, canvas.depth, tuple(placed[thing] for thing in a.things)
