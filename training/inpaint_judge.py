"""Whether a thing that words ask for appears where a picture is masked, by the scene reader."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionInpaintPipeline
from PIL import Image

from .judge import prompt_of
from .paths import HELD_OUT, STORYBOOK
from .reader import load, read
from .scenes import Attributes, render, wording
from .scenes.canvas import SIZE

_FIRST = HELD_OUT + 900_000
# The columns of a side, wide enough for the largest thing.
_COLUMNS = {"left": (0, 112), "middle": (72, 184), "right": (144, 256)}


def judge(folder: Path, count: int) -> dict[str, float]:
    """The shares of things there, on their side and in their colour.

    Of pictures without things one side is masked, and a thing asked for there: of the folder's
    model, and of the base model, which blends what is kept into each step.
    """
    scenes = _with_one_thing(count)
    figures = {}
    for name, where in (("blending on the base", STORYBOOK), ("inpainting model", folder)):
        if not (where / "model_index.json").is_file():
            continue
        found = read(load(), _painted(where, scenes))
        pairs = [(f, a.things[0]) for f, a in zip(found, scenes, strict=True)]
        there = [f[f"{thing.kind} side"] != "none" for f, thing in pairs]
        side = [f[f"{thing.kind} side"] == thing.side for f, thing in pairs]
        colour = [f[f"{t.kind} colour"] == t.colour for f, t in pairs if t.colour]
        figures[f"thing there, {name}"] = float(np.mean(there))
        figures[f"on its side, {name}"] = float(np.mean(side))
        figures[f"in its colour, {name}"] = float(np.mean(colour))
    return figures


def _with_one_thing(count: int) -> list[Attributes]:
    scenes, seed = [], _FIRST
    while len(scenes) < count:
        a = wording(seed, 1)[0]
        scenes += [replace(a, things=a.things[:1])] if a.things else []
        seed += 1
    return scenes


def _painted(folder: Path, scenes: list[Attributes]) -> np.ndarray:
    pipe: Any = StableDiffusionInpaintPipeline.from_pretrained(
        folder, torch_dtype=torch.bfloat16, local_files_only=True, low_cpu_mem_usage=False
    )
    pipe.set_progress_bar_config(disable=True)
    pictures = []
    for seed, a in enumerate(scenes):
        empty, _, _ = render(replace(a, things=()), np.random.default_rng(seed))
        mask = np.zeros((SIZE, SIZE), np.uint8)
        first, last = _COLUMNS[a.things[0].side]
        mask[40:248, first:last] = 255
        out = pipe(
            prompt_of(a), image=Image.fromarray(empty), mask_image=Image.fromarray(mask),
            strength=1.0, num_inference_steps=20, guidance_scale=4.0, output_type="np",
            height=SIZE, width=SIZE, generator=torch.Generator().manual_seed(seed),
        )  # fmt: skip
        pictures.append((out.images * 255 + 0.5).astype(np.uint8))
    return np.concatenate(pictures)
