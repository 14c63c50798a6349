"""Measure how well the family follows words: ``python -m training.judge --prompts 100``.

It paints captions of held-out scenes and lets the scene reader say what came out. Asked is only
what the prompt says, so each prompt here names all: time, season, terrain, things, colours,
sides. The same prompts on rendered scenes show how far the reader itself can be trusted.
"""

import argparse
import time
from collections import defaultdict

import numpy as np
import torch

from .labels import answers
from .paint import grid, paint, pipeline
from .paths import HELD_OUT, ROOT
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
    season = f" in {a.season}" if a.season else ""
    return f"{place}{season} {_TIMES.get(a.time, 'on an overcast day')}"


def _phrase(thing: Thing) -> str:
    noun = _NOUNS.get(thing.kind, thing.kind)
    if thing.kind == "house":
        noun = f"house with a {thing.colour} roof"
    elif thing.colour:
        noun = f"{thing.colour} {noun}"
    article = "" if thing.kind == "flowers" else "an " if noun[0] in "aeiou" else "a "
    where = "in the middle" if thing.side == "middle" else f"on the {thing.side}"
    return f"{article}{noun} {where}"


def scores(reader: Reader, scenes: list[Attributes], pictures: np.ndarray) -> dict[str, float]:
    """The share of right answers by kind of question, on pictures painted for these scenes."""
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
    return {name: sum(right) / len(right) for name, right in tally.items()}


def _rendered(count: int) -> np.ndarray:
    from .data import render_range

    return render_range(_SEEDS, count, 2)


def main() -> None:
    """Paint, read and print the scores; at will save the grid for the model card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=100)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg", type=float, default=4.0)
    parser.add_argument("--grid", action="store_true", help="save models/bundled/samples.jpg")
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    scenes = [wording(seed, 1)[0] for seed in range(_SEEDS, _SEEDS + args.prompts)]
    prompts = [prompt_of(a) for a in scenes]
    start = time.monotonic()
    pictures = paint(pipeline(), prompts, range(args.prompts), steps=args.steps, cfg=args.cfg)
    each = (time.monotonic() - start) / args.prompts
    reader = load()
    painted, rendered = (scores(reader, scenes, p) for p in (pictures, _rendered(args.prompts)))
    for name, share in painted.items():
        print(f"{name:20s} painted {share:.1%}  rendered {rendered[name]:.1%}")
    print(f"{each:.2f} s for each picture")
    if args.grid:
        grid(pictures[:36], 6).save(ROOT / "models" / "bundled" / "samples.jpg", quality=90)


if __name__ == "__main__":
    main()
