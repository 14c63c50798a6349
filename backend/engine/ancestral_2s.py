"""The sampler "DPM++ 2S a", which diffusers lacks, in the form of a diffusers scheduler.

DPM-Solver++(2S) (Lu et al. 2022, arXiv 2211.01095, algorithm 1 with r = 1/2) down to a noise level
below the next one, then fresh noise up to the next one (the ancestral step of Karras et al. 2022,
arXiv 2206.00364). The latent keeps the scale of Euler: noisy = clean + sigma * noise.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import torch
from diffusers import EulerDiscreteScheduler
from diffusers.utils.torch_utils import randn_tensor


class AncestralTwoStageScheduler(EulerDiscreteScheduler):
    """Euler's noise levels, each step (but the last) taken with two looks at the predictor.

    After `set_timesteps(n)` there are `2 n - 1` timesteps and as many `sigmas` and a final 0: for
    each step the level it starts from and the level half way (in log sigma) to where it goes.
    """

    order = 2

    def set_timesteps(self, num_inference_steps: int, device=None) -> None:  # type: ignore[override]
        super().set_timesteps(num_inference_steps, device=device or "cpu")
        log_sigmas = 0.5 * np.log((1 - self.alphas_cumprod.numpy()) / self.alphas_cumprod.numpy())
        levels = self.sigmas.tolist()
        sigmas = [levels[0]]
        for sigma, following in pairwise(levels[:-1]):
            sigmas += [math.sqrt(sigma * _split(sigma, following)[0]), following]
        timesteps = np.interp(np.log(sigmas), log_sigmas, np.arange(len(log_sigmas)))
        self.sigmas = torch.tensor([*sigmas, 0.0], dtype=torch.float32)
        self.timesteps = torch.tensor(timesteps, dtype=torch.float32)
        self._step_start = torch.empty(0)

    def step(self, model_output, timestep, sample, generator=None, return_dict=True):  # type: ignore[override]
        """One half of a step; `model_output` is the prediction for `sample` at `timestep`.

        All latents are (batch, 4, height / 8, width / 8). Returns the next latent in a tuple, and
        never a dict, as our loop asks for none.
        """
        index = self.step_index
        if index is None:
            index = self._step_index = 0
        clean = self._clean(model_output, sample, float(self.sigmas[index]))
        if index == len(self.timesteps) - 1:
            following = clean
        elif index % 2 == 0:
            self._step_start = sample
            following = _towards(clean, sample, self.sigmas[index], self.sigmas[index + 1])
        else:
            following = self._second_half(clean, index, generator)
        self._step_index = index + 1
        return (following.to(model_output.dtype),)

    def _second_half(self, clean, index: int, generator):
        start, goal = float(self.sigmas[index - 1]), float(self.sigmas[index + 1])
        down, up = _split(start, goal)
        lower = _towards(clean, self._step_start, start, down)
        noise = randn_tensor(
            clean.shape, dtype=clean.dtype, device=clean.device, generator=generator
        )
        return lower + noise * up

    def _clean(self, prediction, sample, sigma: float):
        if self.config["prediction_type"] == "epsilon":
            return sample - sigma * prediction
        return sample / (sigma**2 + 1) - prediction * (sigma / math.sqrt(sigma**2 + 1))


def _split(sigma: float, following: float) -> tuple[float, float]:
    """The level to go down to and the noise to add, so that their squares add to `following`²."""
    up = min(following, math.sqrt(following**2 * (sigma**2 - following**2) / sigma**2))
    return math.sqrt(following**2 - up**2), up


def _towards(clean, sample, sigma, lower):
    """The latent at the noise level `lower`, on the straight way from `sample` to `clean`."""
    share = float(lower) / float(sigma)
    return share * sample + (1 - share) * clean
