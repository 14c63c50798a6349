"""How well depth to image keeps outlines and still does what the words ask."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionDepth2ImgPipeline
from PIL import Image

from .judge import prompt_of
from .measure import edge_agreement
from .paint import paint, pipeline
from .paths import HELD_OUT
from .reader import load, read
from .scenes import Attributes, Scene, scene
from .scenes.attributes import SEASONS, TIMES
from .vae import to_tensor

_FIRST = HELD_OUT + 600_000


def changed(a: Attributes, rng: np.random.Generator) -> Attributes:
    """The same place at another time of day and, where it has seasons, in another season."""
    time = str(rng.choice([each for each in TIMES if each != a.time]))
    # No flowers in the snow: such a scene is not one that words can ask for.
    flowers = any(thing.kind == "flowers" for thing in a.things)
    seasons = [s for s in SEASONS if s != a.season and not (flowers and s == "winter")]
    season = str(rng.choice(seasons)) if a.season else None
    overcast = time == "overcast"
    return replace(a, time=time, season=season, disc=None, clouds=overcast, stars=False)


def judge(folder: Path, count: int) -> dict[str, float]:
    """Edge agreement with the source, with depth and by text alone, and the share changed as asked.

    Each held-out scene is painted at another time and season, with its exact depth, at strength 1.
    """
    rng = np.random.default_rng(5)
    scenes = [scene(seed, 1) for seed in range(_FIRST, _FIRST + count)]
    wanted = [changed(each.attributes, rng) for each in scenes]
    prompts = [prompt_of(a) for a in wanted]
    with_depth = _paint_over(folder, scenes, prompts)
    by_text = paint(pipeline(), prompts, range(count), size=256)
    sources = to_tensor(np.stack([each.picture for each in scenes]))
    found = read(load(), with_depth)
    seasons = [f["season"] == a.season for f, a in zip(found, wanted, strict=True) if a.season]
    times = [f["time"] == a.time for f, a in zip(found, wanted, strict=True)]
    return {
        "edge agreement with depth": edge_agreement(to_tensor(with_depth), sources),
        "edge agreement by text alone": edge_agreement(to_tensor(by_text), sources),
        "season changed as asked": float(np.mean(seasons)),
        "time changed as asked": float(np.mean(times)),
    }


def _paint_over(folder: Path, scenes: list[Scene], prompts: list[str]) -> np.ndarray:
    # The depth is given, so that nothing has to be estimated.
    pipe: Any = StableDiffusionDepth2ImgPipeline.from_pretrained(
        folder, torch_dtype=torch.bfloat16, local_files_only=True, low_cpu_mem_usage=False,
        depth_estimator=None, feature_extractor=None,
    )  # fmt: skip
    pipe.set_progress_bar_config(disable=True)
    pictures = []
    for seed, (each, prompt) in enumerate(zip(scenes, prompts, strict=True)):
        out = pipe(
            prompt, image=Image.fromarray(each.picture), strength=1.0, num_inference_steps=20,
            depth_map=torch.from_numpy(each.depth)[None], guidance_scale=4.0, output_type="np",
            generator=torch.Generator().manual_seed(seed),
        )  # fmt: skip
        pictures.append((out.images * 255 + 0.5).astype(np.uint8))
    return np.concatenate(pictures)
