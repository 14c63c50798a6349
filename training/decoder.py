"""Go on training the VAE's decoder alone: ``python -m training.decoder --minutes 10``.

The encoder stays as it is, so every latent keeps its meaning and the noise predictor need not
know. The decoder learns from the latents that were encoded once, in crops.
"""

import argparse
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor

from .budget import Budget
from .data import render_range
from .encode import latents
from .paths import HELD_OUT, RUNS, STORYBOOK
from .vae import SCALE, edges, quality, to_tensor
from .weights import (
    Average,
    cosine,
    device_for_training,
    export_half,
    load_checkpoint,
    save_checkpoint,
)

_CHECKPOINT = RUNS / "decoder.pt"
_CELLS, _BATCH, _PEAK = 12, 6, 3e-4


class Crops:
    """Random crops of pictures with the part of the latent they decode from."""

    def __init__(self, count: int, device: torch.device) -> None:
        self.pictures = render_range(0, count, 2)
        self.latents = latents(256, count, device)

    def draw(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Latents (batch, 4, 12, 12) in the VAE's own scale and pictures (batch, 3, 96, 96)."""
        small, large = [], []
        for index in rng.integers(0, len(self.latents), _BATCH):
            y, x = rng.integers(0, self.latents.shape[-1] - _CELLS + 1, 2)
            small.append(self.latents[index, :, y : y + _CELLS, x : x + _CELLS])
            rows, columns = (slice(8 * at, 8 * (at + _CELLS)) for at in (y, x))
            large.append(self.pictures[index, rows, columns])
        latent = torch.from_numpy(np.stack(small).astype(np.float32)) / SCALE
        return latent, to_tensor(np.stack(large))


def loss_of(vae: Any, latent: Tensor, x: Tensor) -> Tensor:
    """L1 + MSE + gradients at two scales, away from the crop's border, which lacks neighbours."""
    # A little noise, for the noise predictor's latents are never quite those of a picture.
    y = vae.decode(latent + 0.1 * torch.randn_like(latent)).sample.float()[..., 8:-8, 8:-8]
    x = x[..., 8:-8, 8:-8]
    sharp = edges(y, x) + edges(F.avg_pool2d(y, 2), F.avg_pool2d(x, 2))
    return (y - x).abs().mean() + 4 * F.mse_loss(y, x) + sharp


def train(minutes: float, count: int) -> None:
    """Train for this many minutes in all; export if the decoder has become better."""
    device = device_for_training()
    vae: Any = AutoencoderKL.from_pretrained(STORYBOOK / "vae", torch_dtype=torch.float32)
    held_out = to_tensor(render_range(HELD_OUT, 48, 2))
    before = quality(vae, held_out)
    print("before: PSNR {:.2f}, SSIM {:.4f}".format(*before), flush=True)
    vae.encoder.requires_grad_(False)
    vae.quant_conv.requires_grad_(False)
    crops, average = Crops(count, device), Average(vae.to(device), 0.995)
    optimizer = torch.optim.AdamW([p for p in vae.parameters() if p.requires_grad], _PEAK)
    state = load_checkpoint(_CHECKPOINT)
    if state:
        vae.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average.weights, average.steps = state["average"], state["step"]
    _loop(vae, optimizer, average, crops, Budget(minutes, state["spent"] if state else 0))
    vae.load_state_dict(average.weights)
    after = quality(vae.cpu().eval(), held_out)
    print("after: PSNR {:.2f}, SSIM {:.4f}".format(*after), flush=True)
    if after > before:
        export_half(vae, Average(vae, 0), lambda half: half.save_pretrained(STORYBOOK / "vae"))


def _loop(vae, optimizer, average: Average, crops: Crops, budget: Budget) -> None:
    rng, device = np.random.default_rng(average.steps), vae.device
    while not budget.over:
        for group in optimizer.param_groups:
            group["lr"] = cosine(_PEAK, budget.share, warmup=0.1)
        latent, x = crops.draw(rng)
        with torch.autocast(device.type, torch.bfloat16):
            loss = loss_of(vae, latent.to(device), x.to(device))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        average.update(vae)
        if average.steps % 50 == 0:
            print(budget.line(average.steps, loss=loss.item()), flush=True)
        if average.steps % 300 == 0 or budget.over:
            save_checkpoint(
                _CHECKPOINT, model=vae.state_dict(), optimizer=optimizer.state_dict(),
                average=average.weights, step=average.steps, spent=budget.spent,
            )  # fmt: skip


def main() -> None:
    """Train, or go on training, and export to the bundled family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--scenes", type=int, default=2_400)
    args = parser.parse_args()
    train(args.minutes, args.scenes)


if __name__ == "__main__":
    main()
