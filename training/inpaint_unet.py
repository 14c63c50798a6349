"""Train the noise predictor for inpainting: ``python -m training.inpaint_unet --minutes 12``.

The bundled noise predictor with five more input channels, begun at zero: the mask, and the latent
of the picture with grey in the masked part. Masks are boxes around things, and boxes at random.
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from .family import export_inpaint
from .inpaint_judge import judge
from .lanes import thread_pool
from .loop import Plan, Training
from .paths import INPAINT, RUNS, STORYBOOK
from .scenes import Scene, scene
from .scenes.canvas import SIZE
from .vae import SCALE, to_tensor
from .velocity import Examples, base_unet, velocity_loss, widened
from .weights import Average, device_for_training

_CELL, _CHUNK = 8, 8


class MaskedExamples:
    """Latents, caption states and five channels beside, of the scenes below `used` of `count`."""

    def __init__(self, count: int, used: int, device: torch.device) -> None:
        self.painted = Examples(count, used, device)
        self.beside = _channels(used, device)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Tensor, Tensor, Tensor]:
        """Latents (n, 4, 32, 32), states (n, 77, width), mask and kept part (n, 5, 32, 32)."""
        index, clean, states = self.painted.draw(rng, n)
        return clean, states, self.beside[index].float()


def _channels(count: int, device: torch.device) -> Tensor:
    """Channels float16 (count, 5, 32, 32) with a mask for each scene, kept on disk."""
    path = RUNS / f"masked-{count}.npy"
    if not path.exists():
        vae: Any = AutoencoderKL.from_pretrained(
            STORYBOOK / "vae", torch_dtype=torch.bfloat16, low_cpu_mem_usage=False
        )
        vae.to(device, memory_format=torch.channels_last)
        with thread_pool(device) as pool:
            chunks = pool.map(lambda first: _encoded(vae, first), range(0, count, _CHUNK))
            np.save(path, torch.cat(list(chunks))[:count].numpy())
    return torch.from_numpy(np.load(path))


@torch.no_grad()
def _encoded(vae: Any, first: int) -> Tensor:
    cv2.setNumThreads(1)
    scenes = [scene(seed, 1) for seed in range(first, first + _CHUNK)]
    masks = np.stack(
        [a_mask(s, np.random.default_rng([9, first + k])) for k, s in enumerate(scenes)]
    )
    inside = torch.from_numpy(masks)[:, None]
    kept = to_tensor(np.stack([s.picture for s in scenes])) * (~inside)
    kept = kept.to(vae.device, torch.bfloat16, memory_format=torch.channels_last)
    latent = vae.encode(kept).latent_dist.mean.float().cpu() * SCALE
    return torch.cat([inside[..., ::_CELL, ::_CELL].float(), latent], 1).half()


def a_mask(made: Scene, rng: np.random.Generator) -> np.ndarray:
    """Where to repaint, bool (256, 256): mostly a box around a thing, else one anywhere."""
    mask = np.zeros((SIZE, SIZE), bool)
    if made.masks and rng.random() < 0.75:
        rows, columns = np.nonzero(made.masks[int(rng.integers(len(made.masks)))] > 0.2)
        wide = rng.integers(4, 28, 4)
        top, foot = rows.min() - wide[0], rows.max() + wide[1]
        left, right = columns.min() - wide[2], columns.max() + wide[3]
    else:
        top, left = rng.integers(0, SIZE - 64, 2)
        foot, right = top + rng.integers(64, 200), left + rng.integers(64, 200)
    mask[max(top, 0) : foot, max(left, 0) : right] = True
    return mask


def loss_of(unet: Any, clean: Tensor, states: Tensor, beside: Tensor) -> Tensor:
    """The velocity's error over the whole picture, with more of the noisy steps."""
    return velocity_loss(unet, clean, states, beside, lean=0.7)


def main() -> None:
    """Train, or go on training, export, and measure beside blending on the base."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--scenes", type=int, default=12_000, help="whose latents are there")
    parser.add_argument("--masked", type=int, default=6_000, help="of these, scenes with a mask")
    parser.add_argument("--judged", type=int, default=40)
    parser.add_argument("--folder", type=Path, default=INPAINT)
    args = parser.parse_args()
    if args.minutes > 0:
        device = device_for_training()
        examples = MaskedExamples(args.scenes, args.masked, device)
        plan = Plan(name="inpaint-unet", minutes=args.minutes, batch=16, peak=3e-4, decay=0.99)
        training = Training(widened(base_unet(), 5).to(device).train(), plan)
        unet: Any = training.run(examples.draw, loss_of)
        export_inpaint(unet, Average(unet, 0), args.folder)
    for name, figure in judge(args.folder, args.judged).items():
        print(f"{name:40s} {figure:.1%}")


if __name__ == "__main__":
    main()
