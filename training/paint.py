"""Paint with the bundled family through diffusers' own pipeline, to look and to judge."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

from .paths import STORYBOOK


def pipeline(dtype: torch.dtype = torch.bfloat16) -> StableDiffusionPipeline:
    """The bundled family, loaded from its folder alone."""
    pipe = StableDiffusionPipeline.from_pretrained(
        STORYBOOK, torch_dtype=dtype, local_files_only=True, low_cpu_mem_usage=False
    )
    pipe.set_progress_bar_config(disable=True)
    pipe.unet.to(memory_format=torch.channels_last)
    return pipe


def paint(
    pipe: StableDiffusionPipeline,
    prompts: Sequence[str],
    seeds: Sequence[int],
    *,
    steps: int = 20,
    cfg: float = 4.0,
    size: int | None = None,
) -> np.ndarray:
    """Pictures uint8 (n, size, size, 3), one for each prompt and its seed.

    Without a size, the one that the noise predictor was trained for.
    """
    pictures = []
    for first in range(0, len(prompts), 8):
        part = slice(first, first + 8)
        generators = [torch.Generator().manual_seed(seed) for seed in seeds[part]]
        out: Any = pipe(
            list(prompts[part]), num_inference_steps=steps, guidance_scale=cfg,
            height=size, width=size, generator=generators, output_type="np",
        )  # fmt: skip
        pictures.append((out.images * 255 + 0.5).astype(np.uint8))
    return np.concatenate(pictures)


def grid(pictures: np.ndarray, columns: int) -> Image.Image:
    """Pictures (n, h, w, 3) side by side in rows, the last row filled up with black."""
    missing = -len(pictures) % columns
    filled = np.concatenate([pictures, np.zeros((missing, *pictures.shape[1:]), np.uint8)])
    rows = filled.reshape(-1, columns, *pictures.shape[1:])
    return Image.fromarray(np.concatenate([np.concatenate(list(row), 1) for row in rows]))
