"""Which painter makes which thing, and how large things are."""

from collections.abc import Callable

import numpy as np

from . import buildings, crafts, plants, trees
from .attributes import Thing
from .canvas import Sprite
from .look import Look

_PAINTERS: dict[str, Callable[[Look], Sprite]] = {
    "balloon": crafts.balloon,
    "boat": crafts.boat,
    "house": buildings.house,
    "lighthouse": buildings.lighthouse,
    "tree": trees.round_tree,
    "pine": trees.pine,
    "cactus": plants.cactus,
    "flowers": plants.flowers,
    "apple": plants.apple,
}
# Height in pixels of the 256 px picture; large, because a latent cell is 8 px wide.
_HEIGHTS = {
    "balloon": 112, "boat": 92, "house": 88, "lighthouse": 136, "tree": 118,
    "pine": 128, "cactus": 100, "flowers": 78, "apple": 82,
}  # fmt: skip


def paint_thing(thing: Thing, season: str | None, side: float, rng: np.random.Generator) -> Sprite:
    """Paint a thing on glass, lit from `side` (-1 left, 1 right); it stands on the bottom edge."""
    size = _HEIGHTS[thing.kind] * rng.uniform(0.92, 1.1)
    return _PAINTERS[thing.kind](Look(size, thing.colour, season, side))
