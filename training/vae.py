"""Train the VAE: ``python -m training.vae --minutes 15``.

AutoencoderKL, 8 times smaller, four channels, begun from the best linear autoencoder. The loss
is L1 + MSE + gradients at two scales + a small KL. At the end the latent's four channels are
whitened, folded into the quant convolutions, so that Stable Diffusion's factor 0.18215 holds.
"""

import argparse
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor

from .data import render_range
from .linear_path import LATENTS, lay_linear_path
from .loop import Plan, Training, checkpoint
from .measure import psnr, ssim
from .paths import HELD_OUT, STORYBOOK
from .weights import Average, device_for_training, export_half

SCALE = 0.18215
_CROP = 96
_WIDTHS = (32, 48, 64, 96)


def build() -> Any:
    """The AutoencoderKL, 1.8 M parameters, not yet trained."""
    make: Any = AutoencoderKL  # its annotations allow one level only
    return make(
        in_channels=3,
        out_channels=3,
        latent_channels=LATENTS,
        block_out_channels=_WIDTHS,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        norm_num_groups=8,
        mid_block_add_attention=False,
        sample_size=256,
        scaling_factor=SCALE,
    )


def to_tensor(pictures: np.ndarray) -> Tensor:
    """Pictures uint8 (n, h, w, 3) as float (n, 3, h, w) in -1..1."""
    return torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


class Crops:
    """Random crops of pictures, half of them mirrored."""

    def __init__(self, pictures: np.ndarray) -> None:
        self.pictures = pictures

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Tensor]:
        """Crops (n, 3, 96, 96) in -1..1."""
        limit = self.pictures.shape[1] - _CROP + 1
        batch = []
        for index in rng.integers(0, len(self.pictures), n):
            y, x = rng.integers(0, limit, 2)
            crop = self.pictures[index, y : y + _CROP, x : x + _CROP]
            batch.append(crop[:, ::-1] if rng.random() < 0.5 else crop)
        return (to_tensor(np.stack(batch)),)


def loss_of(vae: Any, x: Tensor) -> Tensor:
    """L1 + MSE + gradients at two scales + a small KL."""
    with torch.autocast(x.device.type, torch.bfloat16):
        posterior = vae.encode(x).latent_dist
        y = vae.decode(posterior.sample()).sample
    y = y.float()
    sharp = edges(y, x) + edges(F.avg_pool2d(y, 2), F.avg_pool2d(x, 2))
    narrow = posterior.kl().mean() / posterior.mean[0].numel()
    return (y - x).abs().mean() + 4 * F.mse_loss(y, x) + sharp + 1e-4 * narrow


def edges(y: Tensor, x: Tensor) -> Tensor:
    """How unlike the horizontal and vertical differences are: blur costs, not only colour."""
    across = ((y[..., 1:] - y[..., :-1]) - (x[..., 1:] - x[..., :-1])).abs().mean()
    down = ((y[..., 1:, :] - y[..., :-1, :]) - (x[..., 1:, :] - x[..., :-1, :])).abs().mean()
    return across + down


def whiten(vae: Any, pictures: Tensor) -> None:
    """Give the latent mean 0 and deviation 1 / 0.18215, in place, the pictures unchanged."""
    with torch.no_grad():
        means = torch.cat([vae.encode(x).latent_dist.mean for x in pictures.split(16)])
        flat = means.movedim(1, 0).reshape(LATENTS, -1).double()
        centre = flat.mean(1)
        power, turn = torch.linalg.eigh(torch.cov(flat))
        to_white = (turn * power**-0.5) @ turn.T / SCALE
        back = torch.linalg.inv(to_white)
        _turn_outputs(vae.quant_conv, to_white.float(), centre.float())
        _turn_inputs(vae.post_quant_conv, back.float(), centre.float())


def _turn_outputs(conv: torch.nn.Conv2d, to_white: Tensor, centre: Tensor) -> None:
    weight, bias = conv.weight, conv.bias
    assert bias is not None
    weight[:LATENTS] = torch.einsum("ij,jcyx->icyx", to_white, weight[:LATENTS])
    bias[:LATENTS] = to_white @ (bias[:LATENTS] - centre)
    bias[LATENTS:] += 2 * torch.log(torch.linalg.vector_norm(to_white, dim=1))


def _turn_inputs(conv: torch.nn.Conv2d, back: Tensor, centre: Tensor) -> None:
    assert conv.bias is not None
    conv.bias += conv.weight[:, :, 0, 0] @ centre
    conv.weight[:] = torch.einsum("oi,ij->oj", conv.weight[:, :, 0, 0], back)[:, :, None, None]


@torch.no_grad()
def quality(vae: Any, pictures: Tensor) -> tuple[float, float]:
    """PSNR in dB and SSIM of pictures (n, 3, h, w) after encoding and decoding."""
    decoded = [vae.decode(vae.encode(x).latent_dist.mean).sample for x in pictures.split(8)]
    back = torch.cat(decoded).float().clamp(-1, 1)
    return psnr(back, pictures.float()), ssim(back, pictures.float())


def train(minutes: float, count: int) -> None:
    """Train for this many minutes in all, then whiten, measure and export."""
    pictures = render_range(0, count, 2)
    held_out = to_tensor(render_range(HELD_OUT, 48, 2))
    vae = build()
    if not checkpoint("vae").exists():
        lay_linear_path(vae, to_tensor(pictures[:96]))
        print("linear path: PSNR {:.2f}, SSIM {:.4f}".format(*quality(vae, held_out)), flush=True)
    plan = Plan(name="vae", minutes=minutes, batch=8, peak=4e-4, weight_decay=1e-4)
    training = Training(vae.to(device_for_training()).train(), plan)
    vae = training.run(Crops(pictures).draw, loss_of).cpu()
    _finish(vae, to_tensor(pictures[:256]), held_out)


def _finish(vae: Any, pictures: Tensor, held_out: Tensor) -> None:
    whiten(vae, pictures)
    print("whitened: PSNR {:.2f}, SSIM {:.4f}".format(*quality(vae, held_out)), flush=True)
    average = Average(vae, 0)
    export_half(vae, average, lambda half: half.save_pretrained(STORYBOOK / "vae"))
    reloaded = AutoencoderKL.from_pretrained(STORYBOOK / "vae", torch_dtype=torch.float32)
    print("exported: PSNR {:.2f}, SSIM {:.4f}".format(*quality(reloaded, held_out)), flush=True)


def main() -> None:
    """Train, or go on training, and export to the bundled family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--scenes", type=int, default=5000)
    args = parser.parse_args()
    train(args.minutes, args.scenes)


if __name__ == "__main__":
    main()
