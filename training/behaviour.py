"""Measure what the picture tasks do on held-out scenes: ``python -m training.behaviour``.

Each scene is painted over, into and anew through Atelier's own engine, and judged by the scene
reader and by numbers of `picture_measures`. Text alone, with the same words and seed, stands beside
each number that it could reach by itself.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from backend.engine.inputs import Inputs
from backend.tasks import DepthToImage, ImageToImage, Inpaint

from . import picture_measures as measure
from .easel import ANY, Easel
from .judge import prompt_of
from .paths import DEPTH, DPT, HELD_OUT, STORYBOOK
from .reader import load, read
from .scenes import Attributes, scene
from .scenes.attributes import Thing
from .scenes.render import Scene

_SEEDS = HELD_OUT + 700_000
STRENGTHS = (0.3, 0.55, 0.8)
SKETCH_STRENGTH = 0.6
BALLOON = Thing("balloon", "red", "middle")


Numbers = dict[str, list[float]]


@dataclass(frozen=True)
class Subject:
    """A held-out scene at the model's size: its seed, picture (s, s, 3) and depth (s, s)."""

    seed: int
    scene: Scene
    picture: np.ndarray
    depth: np.ndarray

    @property
    def attributes(self) -> Attributes:
        """What the scene shows."""
        return self.scene.attributes


def subjects(side: int) -> Iterator[Subject]:
    """Held-out scenes without end."""
    seed = _SEEDS
    while True:
        made = scene(seed, 1)
        picture = cv2.resize(made.picture, (side, side), interpolation=cv2.INTER_AREA)
        depth = cv2.resize(made.depth, (side, side), interpolation=cv2.INTER_AREA)
        yield Subject(seed, made, picture, depth)
        seed += 1


class Behaviour:
    """The measures, each filling named lists with one number a scene."""

    def __init__(self, count: int, out: Path | None) -> None:
        self._easel = Easel(STORYBOOK)
        self._reader = load()
        self._count = count
        self._out = out

    def _subjects(self) -> list[Subject]:
        found = subjects(self._easel.side)
        return [next(found) for _ in range(self._count)]

    def sketches(self) -> Numbers:
        """Image to image from a crude sketch of a scene, beside text alone."""
        found: Numbers = _lists(
            "layout", "layout, text alone", "horizon", "horizon, text alone", "terrain",
            "detail of sketch", "detail", "detail, text alone",
        )  # fmt: skip
        for one in self._subjects():
            words, sketch = prompt_of(one.attributes), measure.crude_sketch(one.picture)
            task = ImageToImage(picture=ANY, strength=SKETCH_STRENGTH)
            painted = self._easel.paint(words, one.seed, task, Inputs(picture=sketch))
            alone = self._easel.paint(words, one.seed)
            self._keep("sketch", one, sketch, painted, alone)
            flat = measure.flat_parts(sketch)
            for name, picture in (("", painted), (", text alone", alone)):
                found[f"layout{name}"].append(measure.layout_agreement(sketch, picture))
                near = abs(measure.horizon(sketch) - measure.horizon(picture)) <= 0.1
                found[f"horizon{name}"].append(near)
                found[f"detail{name}"].append(measure.fine_detail(picture, flat))
            found["detail of sketch"].append(measure.fine_detail(sketch, flat))
            found["terrain"].append(self._read(painted)["terrain"] == one.attributes.terrain)
        return found

    def strengths(self) -> Numbers:
        """How far a picture moves from its input at each strength."""
        found: Numbers = _lists(*map(str, STRENGTHS), "monotone")
        for one in self._subjects():
            words, inputs = prompt_of(one.attributes), Inputs(picture=one.picture)
            tasks = [ImageToImage(picture=ANY, strength=strength) for strength in STRENGTHS]
            painted = [self._easel.paint(words, one.seed, task, inputs) for task in tasks]
            moved = [measure.distance(one.picture, picture) for picture in painted]
            self._keep("strength", one, one.picture, *painted)
            for strength, far in zip(STRENGTHS, moved, strict=True):
                found[str(strength)].append(far)
            found["monotone"].append(moved == sorted(moved))
        return found

    def balloons(self) -> Numbers:
        """Inpainting a red balloon into an empty sky."""
        found: Numbers = _lists("a balloon", "a red balloon", "pixels changed outside")
        for one in subjects(self._easel.side):
            mask = sky_mask(one)
            if mask is None:
                continue
            asked = replace(one.attributes, things=(*one.attributes.things, BALLOON))
            task = Inpaint(
                picture=ANY, mask=ANY, strength=1.0, mask_blur=0, masked_content="latent noise"
            )
            inputs = Inputs(picture=one.picture, mask=mask)
            painted = self._easel.paint(prompt_of(asked), one.seed, task, inputs)
            self._keep("balloon", one, one.picture, painted)
            said = self._read(painted)
            there = said["balloon side"] != "none"
            found["a balloon"].append(there)
            found["a red balloon"].append(there and said["balloon colour"] == "red")
            changed = (painted != one.picture).any(-1) & (mask == 0)
            found["pixels changed outside"].append(int(changed.sum()))
            if len(found["a balloon"]) == self._count:
                return found
        raise AssertionError("there is no end of scenes")

    def depths(self) -> Numbers:
        """Another time or season over a scene's depth, beside text alone."""
        found: Numbers = _lists("edges", "edges, text alone", "attribute", "attribute, text alone")
        easel, estimate = Easel(DEPTH), _estimator()
        for one in self._subjects():
            name, asked = changed(one.attributes, one.seed)
            words, task = prompt_of(asked), DepthToImage(picture=ANY, strength=1.0)
            depth = estimate(one.picture) if estimate else one.depth
            painted = easel.paint(words, one.seed, task, Inputs(picture=one.picture, depth=depth))
            alone = self._easel.paint(words, one.seed)
            self._keep("depth", one, one.picture, painted, alone)
            for kind, picture in (("", painted), (", text alone", alone)):
                found[f"edges{kind}"].append(measure.edge_agreement(one.picture, picture))
                found[f"attribute{kind}"].append(self._read(picture)[name] == getattr(asked, name))
        return found

    def _read(self, picture: np.ndarray) -> dict[str, str]:
        return read(self._reader, picture[None])[0]

    def _keep(self, name: str, one: Subject, *pictures: np.ndarray) -> None:
        if self._out is None:
            return
        self._out.mkdir(parents=True, exist_ok=True)
        row = np.concatenate(pictures, 1)[:, :, ::-1]
        cv2.imwrite(str(self._out / f"{name}-{one.seed - _SEEDS:03d}.png"), row)


def changed(a: Attributes, seed: int) -> tuple[str, Attributes]:
    """The attribute that is to change, and the scene that is asked for; nothing else moves."""
    if a.season is not None and seed % 2:
        season = "winter" if a.season != "winter" else "summer"
        if not (season == "winter" and any(thing.kind == "flowers" for thing in a.things)):
            return "season", replace(a, season=season)
    return "time", replace(a, time="night" if a.time != "night" else "sunset")


def sky_mask(one: Subject) -> np.ndarray | None:
    """A mask over empty sky in the middle where a balloon would hang, or None without room."""
    if any(thing.kind == "balloon" for thing in one.attributes.things):
        return None
    side = len(one.picture)
    mask = np.zeros((side, side), np.uint8)
    centre, axes = (side // 2, int(0.29 * side)), (int(0.19 * side), int(0.26 * side))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, -1)
    return mask if one.depth[mask > 0].max() < 0.02 else None


def _estimator():
    """The bundled estimator of depth; None where it is not, and the scene's own depth is taken."""
    if not (DPT / "config.json").is_file():
        return None
    from transformers import DPTForDepthEstimation

    from backend.engine.depth import estimate_depth

    model = DPTForDepthEstimation.from_pretrained(DPT, local_files_only=True)
    model = model.float().eval()
    return lambda picture: estimate_depth(model, picture)


def _lists(*names: str) -> Numbers:
    return {name: [] for name in names}


def main() -> None:
    """Measure what is asked for and print each mean; at will save the pictures and the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=20, help="scenes for each measure")
    parser.add_argument("--only", choices=("sketches", "strengths", "balloons", "depths"))
    parser.add_argument("--out", type=Path, help="a folder for the pictures and numbers.json")
    args = parser.parse_args()
    behaviour = Behaviour(args.scenes, args.out)
    measures = [args.only] if args.only else ["sketches", "strengths", "balloons", "depths"]
    told = {}
    for name in measures:
        if name == "depths" and not DEPTH.is_dir():
            print("depths: not measured, there is no models/bundled/storybook-depth")
            continue
        told[name] = {
            key: float(np.mean(values)) for key, values in getattr(behaviour, name)().items()
        }
        for key, mean in told[name].items():
            print(f"{name:10s} {key:24s} {mean:8.3f}", flush=True)
    if args.out:
        (args.out / "numbers.json").write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
