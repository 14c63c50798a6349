"""Train the noise predictor that keeps geometry: ``python -m training.depth_unet --minutes 12``.

The bundled noise predictor with a fifth input channel, begun at zero, goes on learning with the
scenes' exact depth beside the noisy latent: relative and inverse, -1 far to 1 near, resized as the
program does it at painting. Half the maps are blurred, for estimated ones are softer.
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from backend.engine.starts import depth_channel

from .data import depth_range
from .depth_judge import judge
from .family import export_depth
from .loop import Plan, Training
from .paths import DEPTH
from .velocity import Examples, base_unet, velocity_loss, widened
from .weights import Average, device_for_training

_CELLS, _SOFT = 32, 3.0
# Below 1: more of the noisy steps, for the geometry is settled there.
_LEAN = 0.6


class DepthExamples:
    """Latents, caption states and depth channels of the scenes below `used` of `count`."""

    def __init__(self, count: int, used: int, device: torch.device) -> None:
        self.painted = Examples(count, used, device)
        self.depth = np.stack([_sharp_and_soft(each) for each in depth_range(0, used, 2)])

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Tensor, Tensor, Tensor]:
        """Latents (n, 4, 32, 32), states (n, 77, width), depth channels (n, 1, 32, 32)."""
        index, clean, states = self.painted.draw(rng, n)
        depth = self.depth[index, rng.integers(0, 2, n)].astype(np.float32)
        return clean, states, torch.from_numpy(depth)[:, None]


def _sharp_and_soft(depth: np.ndarray) -> np.ndarray:
    """Both channels of one exact depth map uint8 (256, 256): float16 (2, 32, 32)."""
    sharp = depth.astype(np.float32)
    maps = (sharp, cv2.GaussianBlur(sharp, (0, 0), _SOFT))
    channels = [depth_channel(each, (_CELLS, _CELLS))[0, 0] for each in maps]
    return torch.stack(channels).half().numpy()


def loss_of(unet: Any, clean: Tensor, states: Tensor, depth: Tensor) -> Tensor:
    """The velocity's error, with more of the noisy steps than of the others."""
    return velocity_loss(unet, clean, states, depth, lean=_LEAN)


def main() -> None:
    """Train, or go on training, export, and measure on held-out scenes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--scenes", type=int, default=12_000, help="whose latents are there")
    parser.add_argument("--deep", type=int, default=6_000, help="of these, scenes with their depth")
    parser.add_argument("--judged", type=int, default=40, help="held-out scenes painted anew")
    parser.add_argument("--folder", type=Path, default=DEPTH)
    args = parser.parse_args()
    if args.minutes > 0:
        device = device_for_training()
        examples = DepthExamples(args.scenes, args.deep, device)
        plan = Plan(name="depth-unet", minutes=args.minutes, batch=16, peak=3e-4, decay=0.99)
        training = Training(widened(base_unet(), 1).to(device).train(), plan)
        unet: Any = training.run(examples.draw, loss_of)
        export_depth(unet, Average(unet, 0), args.folder)
    for name, figure in judge(args.folder, args.judged).items():
        print(f"{name:32s} {figure:.3f}")


if __name__ == "__main__":
    main()
