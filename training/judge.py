"""Measure how well the family follows words: ``python -m training.judge --cfg 3 4 5``.

It paints captions of held-out scenes and lets the scene reader say what came out. Asked is only
what the prompt says, so each prompt here names all: time, season, terrain, things, colours,
sides. The same questions about rendered scenes show how far the reader itself can be trusted.
"""

import argparse
import time
from collections import defaultdict
from math import sqrt

import numpy as np
import torch

from .data import render_range
from .labels import answers
from .paint import grid, paint, pipeline
from .paths import BUNDLED, HELD_OUT
from .reader import Reader, load, read
from .scenes import Attributes, wording
from .scenes.attributes import Thing

_SEEDS = HELD_OUT + 500_000
_TIMES = {"day": "by day", "dawn": "at dawn", "sunset": "at sunset", "night": "at night"}
_TERRAINS = {
    "mountains": "mountains", "hills": "rolling hills", "sea": "the sea",
    "lake": "a lake", "desert": "a desert", "meadow": "a meadow",
}  # fmt: skip
_NOUNS = {"balloon": "hot-air balloon", "boat": "sailing boat", "pine": "pine tree", "tree": "tree"}


def prompt_of(a: Attributes) -> str:
    """Everything the judge will ask, in plain words."""
    things = " and ".join(_phrase(thing) for thing in a.things)
    place = f"{things} in front of {_TERRAINS[a.terrain]}" if things else _TERRAINS[a.terrain]
    return f"{place} {setting_of(a)}"


def setting_of(a: Attributes) -> str:
    """The season, where there is one, and the time of day: "in winter at night"."""
    season = f"in {a.season} " if a.season else ""
    return season + _TIMES.get(a.time, "on an overcast day")


def _phrase(thing: Thing) -> str:
    noun = _NOUNS.get(thing.kind, thing.kind)
    if thing.kind == "house":
        noun = f"house with a {thing.colour} roof"
    elif thing.colour:
        noun = f"{thing.colour} {noun}"
    article = "" if thing.kind == "flowers" else "an " if noun[0] in "aeiou" else "a "
    where = "in the middle" if thing.side == "middle" else f"on the {thing.side}"
    return f"{article}{noun} {where}"


def scores(reader: Reader, scenes: list[Attributes], pictures: np.ndarray) -> dict[str, list[bool]]:
    """What was right, by kind of question, on pictures painted for these scenes."""
    tally: dict[str, list[bool]] = defaultdict(list)
    for a, found in zip(scenes, read(reader, pictures), strict=True):
        wanted = answers(a)
        for name in ("time", "terrain") + (("season",) if a.season else ()):
            tally[name].append(found[name] == wanted[name])
        there = [found[f"{thing.kind} side"] != "none" for thing in a.things]
        tally["thing present"] += there
        tally["both of two present"] += [all(there)] if len(there) == 2 else []
        for thing in a.things:
            tally["side"].append(found[f"{thing.kind} side"] == thing.side)
            if thing.colour:
                tally["colour"].append(found[f"{thing.kind} colour"] == thing.colour)
    return tally


def told(title: str, tally: dict[str, list[bool]]) -> None:
    """Print the share right of each kind of question with its 95 % interval."""
    print(title)
    for name, right in tally.items():
        low, high = interval(sum(right), len(right))
        share = sum(right) / max(len(right), 1)
        print(f"  {name:20s} {share:6.1%}  ({low:.1%} to {high:.1%} of {len(right)})", flush=True)


def interval(right: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval (1927) of a share, which holds near 0 and 1 too."""
    if count == 0:
        return 0.0, 1.0
    z, share = 1.96, right / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * sqrt(share * (1 - share) / count + z * z / (4 * count**2)) / (1 + z * z / count)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _rendered(count: int) -> np.ndarray:
    return render_range(_SEEDS, count, 2)


def main() -> None:
    """Paint, read and print the scores; at will save the grid for the model card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg", type=float, nargs="+", default=[4.0], help="one or several")
    parser.add_argument("--grid", action="store_true", help="save models/bundled/samples.jpg")
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    scenes = [wording(seed, 1)[0] for seed in range(_SEEDS, _SEEDS + args.prompts)]
    reader, pipe = load(), pipeline()
    told("rendered scenes", scores(reader, scenes, _rendered(args.prompts)))
    for cfg in args.cfg:
        start = time.monotonic()
        prompts = [prompt_of(a) for a in scenes]
        pictures = paint(pipe, prompts, range(args.prompts), steps=args.steps, cfg=cfg)
        each = (time.monotonic() - start) / args.prompts
        told(f"painted at CFG {cfg:g}, {each:.2f} s each", scores(reader, scenes, pictures))
        if args.grid:
            grid(pictures[:36], 6).save(BUNDLED / "samples.jpg", quality=90)


if __name__ == "__main__":
    main()
