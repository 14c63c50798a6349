"""What a scene shows, as plain values, and how such values are drawn at random."""

from dataclasses import dataclass

import numpy as np

TIMES = ("day", "dawn", "sunset", "night", "overcast")
SEASONS = ("spring", "summer", "autumn", "winter")
TERRAINS = ("mountains", "hills", "sea", "lake", "desert", "meadow")
SIDES = ("left", "middle", "right")

# The colours each kind comes in; a kind with none takes its colour from the season.
COLOURS = {
    "balloon": ("red", "orange", "yellow", "green", "blue", "purple", "pink"),
    "house": ("red", "blue", "green", "purple", "yellow"),
    "boat": ("white", "red", "yellow", "blue"),
    "lighthouse": ("red", "blue", "green"),
    "tree": (),
    "pine": (),
    "cactus": (),
    "flowers": ("red", "yellow", "purple", "white"),
    "apple": ("red", "green", "yellow"),
}
KINDS = tuple(COLOURS)

# Where each kind can stand, and how often it is drawn there relative to the others.
_HOMES = {
    "balloon": dict.fromkeys(TERRAINS, 2.0),
    "house": dict.fromkeys(TERRAINS, 1.5),
    "boat": {"sea": 3.0, "lake": 2.5},
    "lighthouse": {"sea": 2.5, "lake": 1.0, "hills": 0.7},
    "tree": {"hills": 1.2, "meadow": 1.2, "mountains": 0.8, "lake": 0.8},
    "pine": {"mountains": 1.2, "hills": 0.8, "meadow": 0.8, "lake": 0.8},
    "cactus": {"desert": 2.5},
    "flowers": {"meadow": 1.4, "hills": 1.0, "mountains": 0.7, "lake": 0.5},
    "apple": dict.fromkeys(TERRAINS, 0.8),
}


@dataclass(frozen=True)
class Thing:
    """One large object: its kind, its colour (None: the season decides) and its side."""

    kind: str
    colour: str | None
    side: str


@dataclass(frozen=True)
class Attributes:
    """All that a caption may say of a scene.

    `season` is None in the desert, which looks the same all year. `disc` is "sun", "moon",
    "crescent" or None; `clouds` and `stars` say whether the sky has any.
    """

    time: str
    season: str | None
    terrain: str
    disc: str | None
    clouds: bool
    stars: bool
    things: tuple[Thing, ...]


def sample(rng: np.random.Generator) -> Attributes:
    """Draw the attributes of a scene that can be: no boat on land, no flowers in the snow."""
    time = str(rng.choice(TIMES))
    terrain = str(rng.choice(TERRAINS))
    season = None if terrain == "desert" else str(rng.choice(SEASONS))
    disc, clouds, stars = _sky(rng, time)
    return Attributes(time, season, terrain, disc, clouds, stars, _things(rng, terrain, season))


def _sky(rng: np.random.Generator, time: str) -> tuple[str | None, bool, bool]:
    if time == "overcast":
        return None, True, False
    if time == "night":
        disc = str(rng.choice(["moon", "crescent", "none"], p=[0.5, 0.3, 0.2]))
        stars = disc == "none" or rng.random() < 0.85
        return (None if disc == "none" else disc), rng.random() < 0.25, bool(stars)
    shown = rng.random() < (0.65 if time == "day" else 0.85)
    return ("sun" if shown else None), bool(rng.random() < 0.6), False


def _things(rng: np.random.Generator, terrain: str, season: str | None) -> tuple[Thing, ...]:
    count = int(rng.choice([0, 1, 2], p=[0.08, 0.62, 0.30]))
    kinds = [k for k in KINDS if terrain in _HOMES[k] and (k, season) != ("flowers", "winter")]
    weights = np.array([_HOMES[k][terrain] for k in kinds])
    chosen = rng.choice(kinds, count, replace=False, p=weights / weights.sum())
    sides = rng.choice(SIDES, count, replace=False)
    return tuple(
        Thing(str(kind), _colour(rng, str(kind)), str(side))
        for kind, side in zip(chosen, sides, strict=True)
    )


def _colour(rng: np.random.Generator, kind: str) -> str | None:
    return str(rng.choice(COLOURS[kind])) if COLOURS[kind] else None
