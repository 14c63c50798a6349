"""Go on training the VAE's decoder alone: ``python -m training.decoder --minutes 10``.

The encoder stays as it is, so that every latent keeps its meaning and the noise predictor need not
know. The decoder learns from latents that were encoded once. It becomes a VAE file of its
own, models/vae/storybook-fine.safetensors, made for fine detail; with ``--into-base`` the bundled
decoder itself is trained on, for the smallest error.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file
from torch import Tensor

from .data import render_range
from .encode import latents
from .loop import Plan, Training
from .measure import edges_kept, psnr, ssim
from .paths import FINE_VAE, HELD_OUT, STORYBOOK
from .vae import SCALE, edges, to_tensor
from .weights import Average, device_for_training, export_half


class Pictures:
    """Random pictures with the latents that they decode from.

    Whole ones: what lies at a picture's border has no neighbours there, which is learnt as well.
    """

    def __init__(self, count: int, device: torch.device) -> None:
        self.pictures = render_range(0, count, 2)
        self.latents = latents(256, count, device)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Tensor, Tensor]:
        """Latents (n, 4, 32, 32) in the VAE's own scale and pictures (n, 3, 256, 256)."""
        index = np.sort(rng.integers(0, len(self.latents), n))
        latent = torch.from_numpy(self.latents[index].astype(np.float32)) / SCALE
        # A little noise, for the noise predictor's latents are never quite those of a picture.
        return latent + 0.1 * torch.randn_like(latent), to_tensor(self.pictures[index])


def base_loss(vae: Any, latent: Tensor, x: Tensor) -> Tensor:
    """L1 + MSE + gradients at two scales."""
    y = _decoded(vae, latent)
    sharp = edges(y, x) + edges(F.avg_pool2d(y, 2), F.avg_pool2d(x, 2))
    return (y - x).abs().mean() + 4 * F.mse_loss(y, x) + sharp


def fine_loss(vae: Any, latent: Tensor, x: Tensor) -> Tensor:
    """L1 + a Laplacian pyramid + the strength of edges, wherever in a small window they lie.

    Where the latent does not say on which pixel an edge lies, all that compares pixel with pixel
    asks for a blur; the strength of edges in a window asks for an edge.
    """
    y = _decoded(vae, latent)
    detail, strength = x.new_zeros(()), x.new_zeros(())
    for _ in range(3):
        strength = strength + (_strength(y) - _strength(x)).abs().mean()
        small_y, small_x = F.avg_pool2d(y, 2), F.avg_pool2d(x, 2)
        detail = detail + (_over(y, small_y) - _over(x, small_x)).abs().mean()
        y, x = small_y, small_x
    return detail + 2 * (y - x).abs().mean() + strength


def _decoded(vae: Any, latent: Tensor) -> Tensor:
    with torch.autocast(latent.device.type, torch.bfloat16):
        return vae.decode(latent).sample.float()


def _over(x: Tensor, small: Tensor) -> Tensor:
    """One level of a Laplacian pyramid: what the half as large picture does not show."""
    return x - F.interpolate(small, scale_factor=2.0, mode="bilinear")


def _strength(x: Tensor) -> Tensor:
    """The mean strength of edges in windows of 4 pixels, which overlap by half."""
    across = (x[..., :-1, 1:] - x[..., :-1, :-1]).abs()
    down = (x[..., 1:, :-1] - x[..., :-1, :-1]).abs()
    return F.avg_pool2d(across + down, 4, 2)


@torch.no_grad()
def measure(vae: Any, pictures: Tensor) -> dict[str, float]:
    """PSNR in dB, SSIM, and how edges are kept, of pictures (n, 3, h, w) there and back."""
    decoded = [vae.decode(vae.encode(x).latent_dist.mean).sample for x in pictures.split(8)]
    back = torch.cat(decoded).float().clamp(-1, 1)
    strength, likeness = edges_kept(back, pictures)
    return {
        "PSNR": psnr(back, pictures),
        "SSIM": ssim(back, pictures),
        "edge strength kept": strength,
        "edge correlation": likeness,
    }


def _told(name: str, figures: dict[str, float]) -> None:
    line = "  ".join(f"{key} {value:.4f}" for key, value in figures.items())
    print(f"{name:16s} {line}", flush=True)


def base_vae() -> Any:
    """The bundled VAE in single precision."""
    return AutoencoderKL.from_pretrained(
        STORYBOOK / "vae", torch_dtype=torch.float32, low_cpu_mem_usage=False
    )


def save_fine(half: Any, path: Path = FINE_VAE) -> None:
    """Write a VAE as one file, which is what artists put into models/vae."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.contiguous() for name, tensor in half.state_dict().items()}
    save_file(state, path, {"format": "pt"})


def train(plan: Plan, scenes: int, loss_of: Callable[..., Tensor]) -> Any:
    """The bundled VAE with its decoder trained further by this plan."""
    device, vae = device_for_training(), base_vae()
    vae.encoder.requires_grad_(False)
    vae.quant_conv.requires_grad_(False)
    pictures = Pictures(scenes, device)
    return Training(vae.to(device).train(), plan).run(pictures.draw, loss_of).cpu()


def main() -> None:
    """Train, or go on training, export and measure on held-out scenes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--scenes", type=int, default=12_000)
    parser.add_argument("--into-base", action="store_true", help="train the bundled decoder")
    args = parser.parse_args()
    held_out = to_tensor(render_range(HELD_OUT, 48, 2))
    before = measure(base_vae(), held_out)
    _told("base", before)
    name = "decoder-base" if args.into_base else "decoder-fine"
    plan = Plan(name=name, minutes=args.minutes, batch=2, peak=3e-4, weight_decay=1e-4)
    vae = train(plan, args.scenes, base_loss if args.into_base else fine_loss)
    after = measure(vae, held_out)
    _told("base, trained on" if args.into_base else "fine", after)
    if not args.into_base:
        export_half(vae, Average(vae, 0), save_fine)
        vae.load_state_dict({k: v.float() for k, v in load_file(FINE_VAE).items()})
        _told("fine, as saved", measure(vae, held_out))
    elif after["PSNR"] > before["PSNR"]:
        export_half(vae, Average(vae, 0), lambda half: half.save_pretrained(STORYBOOK / "vae"))


if __name__ == "__main__":
    main()
