"""The colours of the storybook: skies and light by time of day, land by season, things by name."""

from dataclasses import dataclass

import numpy as np

from .canvas import Image


def rgb(code: str) -> Image:
    """Turn "f4a261" into RGB 0..1 (3,)."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)


@dataclass(frozen=True)
class Light:
    """How a time of day colours the world: the sky from top to horizon, the tint and the haze."""

    sky: tuple[Image, Image, Image]
    tint: Image
    haze: Image
    cloud: Image
    cloud_shade: Image
    disc: Image
    shadow: float


LIGHTS = {
    "day": Light(
        (rgb("4f9fe0"), rgb("8fc9f0"), rgb("e2f4f8")),
        rgb("fffcf2"), rgb("d4ebf5"), rgb("ffffff"), rgb("c9dcec"), rgb("fff1a8"), 0.34,
    ),
    "dawn": Light(
        (rgb("8fa3dc"), rgb("e6bcd8"), rgb("ffe6cf")),
        rgb("ffe9ea"), rgb("f6dbe2"), rgb("fff1ee"), rgb("dfb6cf"), rgb("fff6c9"), 0.26,
    ),
    "sunset": Light(
        (rgb("6d4a86"), rgb("e5735f"), rgb("ffc873")),
        rgb("ffcfa2"), rgb("f0a073"), rgb("ffb88f"), rgb("b4627c"), rgb("fff0b0"), 0.34,
    ),
    "night": Light(
        (rgb("0d1233"), rgb("1f2a5e"), rgb("47549a")),
        rgb("6b7ac0"), rgb("39457f"), rgb("5c6aa6"), rgb("333f78"), rgb("fdf6d8"), 0.30,
    ),
    "overcast": Light(
        (rgb("8d98a5"), rgb("aeb7bf"), rgb("d3d7d7")),
        rgb("cfd3d6"), rgb("c2c9cc"), rgb("c9ced2"), rgb("8f99a4"), rgb("ffffff"), 0.12,
    ),
}  # fmt: skip

# Land near the viewer and its lighter crest, by season.
GROUND = {
    "spring": (rgb("7fbf4d"), rgb("b4dc74")),
    "summer": (rgb("3f9142"), rgb("74b957")),
    "autumn": (rgb("c17f2c"), rgb("e6b04e")),
    "winter": (rgb("d9e4f2"), rgb("fbfdff")),
    None: (rgb("dba75c"), rgb("f6d596")),
}
# The crowns of round trees, by season.
CROWN = {
    "spring": rgb("f3a3bd"),
    "summer": rgb("4c9a3f"),
    "autumn": rgb("dd6b2a"),
    "winter": rgb("e9f1fa"),
    None: rgb("6a9c45"),
}
ROCK = (rgb("8d90a8"), rgb("5f6384"))
SNOW = rgb("f8fbff")
WATER = {"sea": rgb("2f86b5"), "lake": rgb("3f95bd")}
SAND = (rgb("e3c382"), rgb("f4deaa"))

NAMED = {
    "red": rgb("d9342f"),
    "orange": rgb("f28a24"),
    "yellow": rgb("f7cf35"),
    "green": rgb("3f9d4b"),
    "blue": rgb("2f6fd0"),
    "purple": rgb("8645b5"),
    "pink": rgb("f283b0"),
    "white": rgb("faf7f0"),
}
