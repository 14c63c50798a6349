"""Train the noise predictor: ``python -m training.unet --minutes 70``.

UNet2DConditionModel on latents, with the captions' states by cross-attention: add noise up to a
random step, predict the velocity (v-prediction, Salimans and Ho 2022), with little weight on the
steps that are nearly clean (min-SNR, Hang et al. 2023, at that end alone). It learns small pictures
of 128 px first, which are four times cheaper, and then the full 256 px. One caption in ten is
empty, which is what classifier-free guidance needs.
"""

import argparse
from dataclasses import dataclass
from math import cos, pi
from typing import Any

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from .budget import Budget
from .encode import WORDINGS, TextStates, caption_states, latents
from .family import export_unet
from .lanes import Lanes
from .paths import RUNS
from .velocity import base_unet, velocity_loss
from .weights import Average, device_for_training, load_checkpoint, save_checkpoint

_CHECKPOINT = RUNS / "unet.pt"
_PEAK, _DROPOUT, _DECAY = 6e-4, 0.1, 0.999


def build(text_width: int) -> Any:
    """The noise predictor's architecture: four levels, attention on the lower two.

    The finest level is narrow, for it costs the most and decides the least: what is where is
    settled at 8x8 and 4x4, where pictures and words meet.
    """
    return UNet2DConditionModel(
        sample_size=32,
        in_channels=4,
        out_channels=4,
        block_out_channels=(48, 96, 192, 224),
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * 2 + ("CrossAttnDownBlock2D",) * 2,
        up_block_types=("CrossAttnUpBlock2D",) * 2 + ("UpBlock2D",) * 2,
        cross_attention_dim=text_width,
        attention_head_dim=4,
        norm_num_groups=16,
    )


@dataclass(frozen=True)
class Stage:
    """What is learnt in one part of the run: pictures of this size, so many of them at a time."""

    size: int
    batch: int
    scenes: int


class Examples:
    """Random batches of a stage's latents and caption states."""

    def __init__(self, stage: Stage, device: torch.device) -> None:
        self.latents = latents(stage.size, stage.scenes, device)
        self.states = caption_states(stage.scenes, device)
        self.batch, self.device = stage.batch, device
        self.empty = TextStates(device).of([""])

    def draw(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Latents (batch, 4, h, w) and states (batch, 77, width), some of an empty caption."""
        index = np.sort(rng.integers(0, len(self.latents), self.batch))
        states = self.states[index, rng.integers(0, WORDINGS, self.batch)]
        states = torch.from_numpy(states.astype(np.float32)).to(self.device)
        states[torch.from_numpy(rng.random(self.batch) < _DROPOUT)] = self.empty
        clean = torch.from_numpy(self.latents[index].astype(np.float32))
        return clean.to(self.device), states


def rate(share: float, step: int) -> float:
    """The learning rate: a quick rise, then a quarter of a cosine down to almost nothing."""
    return _PEAK * min(1.0, (step + 1) / 100) * max(cos(pi / 2 * share), 0.01)


class Run:
    """The noise predictor with its optimizer and average, resumed from the checkpoint if any."""

    def __init__(
        self, minutes: float, stages: dict[float, Stage], device: torch.device, *, go_on: bool
    ) -> None:
        torch.manual_seed(0)
        self.stages = stages
        state = load_checkpoint(_CHECKPOINT)
        self.stage = self._stage_at(state["spent"] / minutes if state else 0)
        self.examples = Examples(self.stage, device)
        unet = base_unet() if go_on and not state else build(self.examples.states.shape[-1])
        self.unet = unet.to(device).train()
        self.optimizer = torch.optim.AdamW(
            self.unet.parameters(), _PEAK, betas=(0.9, 0.99), weight_decay=0.01, fused=True
        )
        self.average, self.step = Average(self.unet, _DECAY), 0
        if state:
            self.unet.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            for group in self.optimizer.param_groups:
                group["fused"] = True
            self.average.weights, self.average.steps = state["average"], state["averaged"]
            self.step = state["step"]
        self.lanes = Lanes(self.unet)
        self.budget = Budget(minutes, state["spent"] if state else 0)

    def _stage_at(self, share: float) -> Stage:
        """The stage of this share (0..1) of the run; `stages` says at which share each begins."""
        return self.stages[max(begin for begin in self.stages if begin <= share)]

    def train(self, export_every: float) -> None:
        """Train until the minutes are used up, exporting every so many minutes and at the end."""
        saved, recent, seen = self.budget.spent, 0.5, 0
        torch.manual_seed(self.step)
        rng = np.random.default_rng(self.step)
        while not self.budget.over:
            self._change_stage()
            recent = 0.98 * recent + 0.02 * self._learn(rng)
            seen += self.stage.batch
            if self.step % 50 == 0:
                line = self.budget.line(self.step, size=self.stage.size, loss=recent, seen=seen)
                print(line, flush=True)
            if self.budget.spent - saved > export_every or self.budget.over:
                saved = self.budget.spent
                self._save()

    def _change_stage(self) -> None:
        stage = self._stage_at(self.budget.share)
        if stage != self.stage:
            self._save()
            self.stage, self.examples = stage, Examples(stage, self.examples.device)
            # The average begins anew, lest it mix in weights made for another size.
            self.average = Average(self.unet, _DECAY)

    def _learn(self, rng: np.random.Generator) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.budget.share, self.step)
        clean, states = self.examples.draw(rng)
        parts = zip(clean.chunk(self.lanes.count), states.chunk(self.lanes.count), strict=True)
        self.optimizer.zero_grad()
        loss = self.lanes.backward(velocity_loss, list(parts))
        torch.nn.utils.clip_grad_norm_(self.unet.parameters(), 1.0)
        self.optimizer.step()
        self.average.update(self.unet)
        self.step += 1
        return loss

    def _save(self) -> None:
        save_checkpoint(
            _CHECKPOINT,
            model=self.unet.state_dict(),
            optimizer=self.optimizer.state_dict(),
            average=self.average.weights,
            averaged=self.average.steps,
            step=self.step,
            spent=self.budget.spent,
        )
        export_unet(self.unet, self.average)


def main() -> None:
    """Train, or go on training, and export to the bundled family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=70)
    parser.add_argument("--small-share", type=float, default=0.55, help="of the time, at 128 px")
    parser.add_argument("--small-scenes", type=int, default=5_000)
    parser.add_argument("--large-scenes", type=int, default=12_000)
    parser.add_argument("--export-every", type=float, default=6, help="minutes")
    parser.add_argument("--go-on", action="store_true", help="from the bundled weights")
    args = parser.parse_args()
    stages = {
        0.0: Stage(128, 36, args.small_scenes),
        args.small_share: Stage(256, 32, args.large_scenes),
    }
    run = Run(args.minutes, stages, device_for_training(), go_on=args.go_on)
    run.train(args.export_every)


if __name__ == "__main__":
    main()
