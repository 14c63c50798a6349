"""What every further noise predictor learns from: latents with their captions, and velocities."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from torch import Tensor

from .encode import WORDINGS, TextStates, caption_states, latents
from .family import scheduler
from .paths import STORYBOOK

_DROPOUT, _CLEAN_END = 0.1, 5.0
_SCHEDULE: Any = scheduler()


class Examples:
    """Latents of scenes and the states of their captions, 256 px, all seeds below `used`.

    They are taken from those that were computed for the seeds below `count`.
    """

    def __init__(self, count: int, used: int, device: torch.device) -> None:
        self.latents = latents(256, count, device)[:used]
        self.states = caption_states(count, device)
        self.empty = TextStates(torch.device("cpu")).of([""])

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Sequence[int], Tensor, Tensor]:
        """Seeds, latents (n, 4, 32, 32) and states (n, 77, width), one in ten of no caption."""
        index = np.sort(rng.integers(0, len(self.latents), n))
        states = self.states[index, rng.integers(0, WORDINGS, n)].astype(np.float32)
        found = torch.from_numpy(states)
        found[torch.from_numpy(rng.random(n) < _DROPOUT)] = self.empty
        clean = torch.from_numpy(self.latents[index].astype(np.float32))
        return index.tolist(), clean, found


def velocity_loss(
    unet: Any, clean: Tensor, states: Tensor, beside: Tensor | None = None, *, lean: float = 1.0
) -> Tensor:
    """The weighted error of the predicted velocity, one random step for each picture.

    `beside` are more input channels (n, any, h, w). `lean` below 1 draws more of the noisy steps,
    where it is settled what stands where. Steps with more picture than noise are held back; all
    others count alike, the noisiest too.
    """
    n, device = len(clean), clean.device
    # One step from each of n equal ranges, so that every batch sees the whole schedule.
    share = ((torch.arange(n) + torch.rand(n)) / n) ** lean
    steps = (share * 1000).long().clamp(max=999).to(device)
    noise = torch.randn_like(clean)
    noisy = _SCHEDULE.add_noise(clean, noise, steps)
    wanted = _SCHEDULE.get_velocity(clean, noise, steps)
    seen = noisy if beside is None else torch.cat([noisy, beside], 1)
    with torch.autocast(device.type, torch.bfloat16):
        predicted = unet(seen, steps, states).sample
    error = F.mse_loss(predicted.float(), wanted, reduction="none").mean((1, 2, 3))
    alpha = _SCHEDULE.alphas_cumprod.to(device)[steps]
    return (error * (_CLEAN_END * (1 - alpha)).clamp(max=1)).mean()


def base_unet() -> Any:
    """The bundled noise predictor in single precision."""
    unet: Any = UNet2DConditionModel.from_pretrained(
        STORYBOOK / "unet", torch_dtype=torch.float32, low_cpu_mem_usage=False
    )
    return unet


def widened(unet: Any, extra: int) -> Any:
    """The same noise predictor with so many more input channels, which as yet change nothing."""
    config = {**unet.config, "in_channels": unet.config.in_channels + extra}
    wide: Any = UNet2DConditionModel.from_config(config)
    state = unet.state_dict()
    kernel = state["conv_in.weight"]
    empty = kernel.new_zeros(len(kernel), extra, *kernel.shape[2:])
    wide.load_state_dict({**state, "conv_in.weight": torch.cat([kernel, empty], 1)})
    return wide
