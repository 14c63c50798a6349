"""Train the depth estimator: ``python -m training.dpt --minutes 4``.

DPTForDepthEstimation (Ranftl et al. 2021), small, on rendered pictures against their exact depth:
relative and inverse, 0 far to 1 near, as MiDaS gives it. Pictures are spoilt a little, for it will
have to look at painted ones.
"""

import argparse
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import DPTConfig, DPTForDepthEstimation, DPTImageProcessor

from backend.engine.depth import estimate_depth

from .data import depth_range, render_range
from .loop import Plan, Training
from .paths import DPT, HELD_OUT
from .vae import edges, to_tensor
from .weights import Average, device_for_training, export_half

_SIZE = 128


def build() -> Any:
    """The estimator, 1.4 M parameters: patches of 8 pixels, four layers, a narrow neck."""
    config = DPTConfig(
        hidden_size=160, num_hidden_layers=4, num_attention_heads=4, intermediate_size=480,
        image_size=_SIZE, patch_size=8, backbone_out_indices=[0, 1, 2, 3], readout_type="ignore",
        reassemble_factors=[2, 1, 0.5, 0.25], neck_hidden_sizes=[24, 32, 48, 64],
        fusion_hidden_size=32, neck_ignore_stages=[], use_auxiliary_head=False,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    model: Any = DPTForDepthEstimation(config)
    # The last layer is a ReLU: begun below zero it would give nothing and learn nothing.
    torch.nn.init.constant_(model.head.head[-2].bias, 0.4)
    return model


class Examples:
    """Rendered scenes with their depth, at the estimator's size."""

    def __init__(self, count: int) -> None:
        self.pictures = _shrink(render_range(0, count, 2))
        self.depths = _shrink(depth_range(0, count, 2))

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Tensor, Tensor]:
        """Pictures (n, 3, 128, 128) in -1..1, some soft or noisy, and depths (n, 128, 128)."""
        index = rng.integers(0, len(self.pictures), n)
        x, depth = to_tensor(self.pictures[index]), torch.from_numpy(self.depths[index]).float()
        if rng.random() < 0.5:
            x, depth = x.flip(-1), depth.flip(-1)
        if rng.random() < 0.4:
            x = F.interpolate(F.avg_pool2d(x, 2), size=_SIZE, mode="bilinear")
        return x + torch.randn_like(x) * float(rng.uniform(0, 0.06)), depth / 255


def _shrink(images: np.ndarray) -> np.ndarray:
    small = (_SIZE, _SIZE)
    return np.stack([cv2.resize(each, small, interpolation=cv2.INTER_AREA) for each in images])


def loss_of(model: Any, x: Tensor, depth: Tensor) -> Tensor:
    """The distance of the depths and of their edges, at two scales."""
    with torch.autocast(x.device.type, torch.bfloat16):
        found = model(pixel_values=x).predicted_depth
    found = found.float()
    coarse = edges(F.avg_pool2d(found[:, None], 4), F.avg_pool2d(depth[:, None], 4))
    return (found - depth).abs().mean() + edges(found, depth) + coarse


def correlation(model: Any, first: int, count: int) -> float:
    """The mean correlation with the exact depth, over scenes whose seeds begin at `first`.

    Estimated as the program does it, from the picture's 256 pixels to a map of as many.
    """
    pairs = zip(render_range(first, count, 2), depth_range(first, count, 2), strict=True)
    found = [np.corrcoef(estimate_depth(model, p).ravel(), d.ravel())[0, 1] for p, d in pairs]
    return float(np.mean(found))


def export(model: Any) -> None:
    """Save in half precision, with the settings that diffusers' depth pipeline asks for."""
    export_half(model, Average(model, 0), lambda half: half.save_pretrained(DPT))
    half = [0.5, 0.5, 0.5]
    size = {"height": _SIZE, "width": _SIZE}
    DPTImageProcessor(size=size, image_mean=half, image_std=half).save_pretrained(DPT)


def main() -> None:
    """Train, or go on training, export, and measure on held-out scenes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--scenes", type=int, default=6_000)
    args = parser.parse_args()
    examples = Examples(args.scenes)
    plan = Plan(name="dpt", minutes=args.minutes, batch=16, peak=1e-3, decay=0.99)
    training = Training(build().to(device_for_training()), plan)
    export(training.run(examples.draw, loss_of).cpu())
    model: Any = DPTForDepthEstimation.from_pretrained(DPT)
    figure = correlation(model.float().eval(), HELD_OUT + 200_000, 100)
    print(f"correlation with exact depth on 100 held-out scenes: {figure:.4f}")


if __name__ == "__main__":
    main()
