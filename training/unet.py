"""Train the noise predictor: ``python -m training.unet --minutes 70``.

UNet2DConditionModel on latents, with the captions' states by cross-attention: add noise up to a
random step, predict the velocity (v-prediction, Salimans and Ho 2022), weighted by min-SNR (Hang
et al. 2023). It learns small pictures of 128 px first, which are four times cheaper, and then
the full 256 px. One caption in ten is empty, which is what classifier-free guidance needs.
"""

import argparse
from math import cos, pi

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import Tensor

from .budget import Budget
from .encode import WORDINGS, TextStates, caption_states, latents
from .family import export_unet, scheduler
from .paths import RUNS
from .weights import Average, device_for_training, load_checkpoint, save_checkpoint

_CHECKPOINT = RUNS / "unet.pt"
_PEAK, _MIN_SNR, _DROPOUT, _DECAY = 6e-4, 5.0, 0.1, 0.999


class Plan:
    """Which pictures are learnt when: a size in pixels, a batch and a count of scenes."""

    def __init__(self, small_share: float, small_scenes: int, large_scenes: int) -> None:
        self.small_share = small_share
        self.small = (128, 48, small_scenes)
        self.large = (256, 16, large_scenes)

    def at(self, share: float) -> tuple[int, int, int]:
        """Size, batch and scenes at this share (0..1) of the run."""
        return self.small if share < self.small_share else self.large


def build(text_width: int) -> UNet2DConditionModel:
    """The noise predictor's architecture: three levels, attention on the lower two."""
    return UNet2DConditionModel(
        sample_size=32,
        in_channels=4,
        out_channels=4,
        block_out_channels=(64, 128, 256),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=text_width,
        attention_head_dim=4,
        norm_num_groups=16,
    )


class Examples:
    """Random batches of latents and caption states."""

    def __init__(self, size: int, batch: int, scenes: int, device: torch.device) -> None:
        self.latents = latents(size, scenes, device)
        self.states = caption_states(max(scenes, 1), device)
        self.batch, self.device = batch, device
        self.empty = TextStates(device).of([""])

    def draw(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Latents (batch, 4, h, w) and states (batch, 77, width), some of an empty caption."""
        index = np.sort(rng.integers(0, len(self.latents), self.batch))
        states = self.states[index, rng.integers(0, WORDINGS, self.batch)]
        states = torch.from_numpy(states.astype(np.float32)).to(self.device)
        states[torch.from_numpy(rng.random(self.batch) < _DROPOUT)] = self.empty
        clean = torch.from_numpy(self.latents[index].astype(np.float32))
        return clean.to(self.device), states


def loss_of(
    unet: UNet2DConditionModel, noise_schedule: DDIMScheduler, clean: Tensor, states: Tensor
) -> Tensor:
    """The min-SNR weighted error of the predicted velocity, one random step for each picture."""
    n = len(clean)
    # One step from each of n equal ranges, so that every batch sees the whole schedule.
    steps = ((torch.arange(n) + torch.rand(n)) / n * 1000).long().to(clean.device)
    noise = torch.randn_like(clean)
    noisy = noise_schedule.add_noise(clean, noise, steps)
    wanted = noise_schedule.get_velocity(clean, noise, steps)
    alpha = noise_schedule.alphas_cumprod.to(clean.device)[steps]
    snr = alpha / (1 - alpha)
    with torch.autocast(clean.device.type, torch.bfloat16):
        predicted = unet(noisy, steps, states).sample
    error = F.mse_loss(predicted.float(), wanted, reduction="none").mean((1, 2, 3))
    return (error * snr.clamp(max=_MIN_SNR) / (snr + 1)).mean() * 2


def rate(share: float, step: int) -> float:
    """The learning rate: a quick rise, then a quarter of a cosine down to almost nothing."""
    return _PEAK * min(1.0, (step + 1) / 100) * max(cos(pi / 2 * share), 0.01)


def train(minutes: float, plan: Plan, export_every: float) -> None:
    """Train for this many minutes in all, exporting the averaged weights on the way."""
    device = device_for_training()
    states = caption_states(plan.small[2], device)
    torch.manual_seed(0)
    unet = build(states.shape[-1]).to(device).train()
    optimizer = torch.optim.AdamW(unet.parameters(), _PEAK, betas=(0.9, 0.99), weight_decay=0.01)
    average = Average(unet, _DECAY)
    state = load_checkpoint(_CHECKPOINT)
    if state:
        unet.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average.weights, average.steps = state["average"], state["step"]
    # Preparing the examples of the first stage is not training; it is not counted.
    examples = Examples(*plan.at(state["spent"] / minutes if state else 0), device)
    budget = Budget(minutes, state["spent"] if state else 0)
    _loop(unet, optimizer, average, examples, plan, budget, export_every)
    export_unet(unet, average)


def _loop(unet, optimizer, average, examples, plan: Plan, budget: Budget, every: float) -> None:
    noise_schedule, device = scheduler(), next(unet.parameters()).device
    stage, saved, recent, seen = plan.at(budget.share), budget.spent, 0.0, 0
    torch.manual_seed(average.steps)
    rng = np.random.default_rng(average.steps)
    while not budget.over:
        if plan.at(budget.share) != stage:
            stage = plan.at(budget.share)
            examples = Examples(*stage, device)
        for group in optimizer.param_groups:
            group["lr"] = rate(budget.share, average.steps)
        loss = loss_of(unet, noise_schedule, *examples.draw(rng))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        average.update(unet)
        recent = loss.item() if not seen else 0.98 * recent + 0.02 * loss.item()
        seen += stage[1]
        if average.steps % 50 == 0:
            print(budget.line(average.steps, size=stage[0], loss=recent, seen=seen), flush=True)
        if budget.spent - saved > every or budget.over:
            saved = budget.spent
            save_checkpoint(
                _CHECKPOINT, model=unet.state_dict(), optimizer=optimizer.state_dict(),
                average=average.weights, step=average.steps, spent=budget.spent,
            )  # fmt: skip
            export_unet(unet, average)


def main() -> None:
    """Train, or go on training, and export to the bundled family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=70)
    parser.add_argument("--small-share", type=float, default=0.6, help="of the minutes, at 128 px")
    parser.add_argument("--small-scenes", type=int, default=16_000)
    parser.add_argument("--large-scenes", type=int, default=9_000)
    parser.add_argument("--export-every", type=float, default=6, help="minutes")
    args = parser.parse_args()
    plan = Plan(args.small_share, args.small_scenes, args.large_scenes)
    train(args.minutes, plan, args.export_every)


if __name__ == "__main__":
    main()
