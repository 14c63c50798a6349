"""Scenes in a style, as latents with the captions of what they show, for adapters to learn from."""

from typing import Any

import cv2
import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from .encode import TextStates
from .lanes import thread_pool
from .paths import RUNS, STORYBOOK
from .scenes import scene, wording
from .styles import Style
from .vae import SCALE, to_tensor

_WORDINGS, _CHUNK, _DROPOUT = 2, 8, 0.1


def styled_pictures(style: Style, first: int, count: int) -> np.ndarray:
    """Scenes of the seeds from `first` in a style, uint8 (count, 256, 256, 3)."""
    cv2.setNumThreads(1)
    return np.stack([style(scene(seed, 1)) for seed in range(first, first + count)])


class StyledExamples:
    """Latents of scenes in a style, with the states of their ordinary captions.

    The captions do not name the style: an adapter is the style by itself.
    """

    def __init__(self, style: Style, count: int, device: torch.device) -> None:
        self.latents = _latents(style, count, device)
        tower = TextStates(device)
        texts = [text for seed in range(count) for text in wording(seed, _WORDINGS)[1]]
        states = [tower.of(texts[i : i + 64]).half().cpu() for i in range(0, len(texts), 64)]
        self.states = torch.cat(states).unflatten(0, (count, _WORDINGS))
        self.empty = tower.of([""]).half().cpu()

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Tensor, Tensor]:
        """Latents (n, 4, 32, 32) and states (n, 77, width), one in ten of no caption."""
        index = rng.integers(0, len(self.latents), n)
        states = self.states[index, rng.integers(0, _WORDINGS, n)].clone()
        states[torch.from_numpy(rng.random(n) < _DROPOUT)] = self.empty
        return self.latents[index].float(), states.float()


def _latents(style: Style, count: int, device: torch.device) -> Tensor:
    """Latents float16 (count, 4, 32, 32) of the seeds below `count`, kept on disk."""
    path = RUNS / f"latents-{style.__name__}-{count}.npy"
    if not path.exists():
        vae: Any = AutoencoderKL.from_pretrained(
            STORYBOOK / "vae", torch_dtype=torch.bfloat16, low_cpu_mem_usage=False
        )
        vae.to(device, memory_format=torch.channels_last)
        with thread_pool(device) as pool:
            chunks = pool.map(lambda first: _encoded(vae, style, first), range(0, count, _CHUNK))
            np.save(path, torch.cat(list(chunks))[:count].numpy())
    return torch.from_numpy(np.load(path))


@torch.no_grad()
def _encoded(vae: Any, style: Style, first: int) -> Tensor:
    x = to_tensor(styled_pictures(style, first, _CHUNK)).to(vae.device, torch.bfloat16)
    mean = vae.encode(x.to(memory_format=torch.channels_last)).latent_dist.mean
    return (mean.float() * SCALE).half().cpu()
