"""A linear map from a latent to colours, fitted to one VAE: a preview that costs nothing.

Each cell of a latent decodes to 8 x 8 pixels, whose mean colour is nearly a linear function of the
cell's four numbers (the observation behind the "latent to RGB factors" of many programs). The
factors differ from VAE to VAE, so they are fitted to the one that is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import AutoencoderKL

PICTURES = 48
SIDE = 64  # pixels
BATCH = 8


@dataclass(frozen=True)
class FittedMap:
    """colour = latent @ weight + bias, from -1 to 1; it belongs to one VAE."""

    # (4, 3): what each of a latent's channels adds to red, green and blue
    weight: torch.Tensor
    # (3,): the colour of the zero latent
    bias: torch.Tensor

    def __call__(self, latent: torch.Tensor) -> torch.Tensor:
        """(n, 4, height, width), as diffused, to colours (n, 3, height, width), about -1 to 1."""
        weight, bias = self.weight.to(latent.device), self.bias.to(latent.device)
        return torch.einsum("nchw,cd->ndhw", latent.float(), weight) + bias[None, :, None, None]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, for a JSON file."""
        return {"weight": self.weight.tolist(), "bias": self.bias.tolist()}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> FittedMap:
        """The map that `to_dict` wrote; raises `ValueError` for anything else."""
        try:
            found = FittedMap(torch.tensor(values["weight"]), torch.tensor(values["bias"]))
        except (KeyError, TypeError) as error:
            raise ValueError("these are not the numbers of a fitted map") from error
        if found.weight.ndim != 2 or found.weight.shape[1] != 3 or found.bias.shape != (3,):
            raise ValueError("these are not the numbers of a fitted map")
        return found


def fit(vae: AutoencoderKL) -> FittedMap:
    """The map for a VAE: least squares of its own decode on pictures it has encoded itself.

    The pictures are made up (`smooth_pictures`), as none ship with the program. The same VAE gives
    the same map. It costs about as much as three encodes and decodes of a 512 x 512 picture.
    """
    latents, colours = encoded_and_decoded(vae, smooth_pictures(PICTURES, SIDE))
    ones = torch.ones(len(latents), 1, dtype=latents.dtype)
    # double precision and on the CPU, where the solver is; 3072 x 5 numbers
    solution = torch.linalg.lstsq(torch.cat([latents, ones], dim=1), colours).solution.float()
    return FittedMap(weight=solution[:-1], bias=solution[-1])


def encoded_and_decoded(
    vae: AutoencoderKL, pictures: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cells of latents (cells, 4) and the mean colours (cells, 3) they decode to, in float64.

    `pictures` are (n, 3, height, width), -1 to 1.
    """
    pairs = [_encode_decode(vae, batch) for batch in pictures.split(BATCH)]
    return torch.cat([latent for latent, _ in pairs]), torch.cat([colour for _, colour in pairs])


@torch.inference_mode()
def _encode_decode(vae: AutoencoderKL, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    scale = vae.config["scaling_factor"]
    latent = vae.encode(pictures.to(vae.device, vae.dtype)).latent_dist.mode()  # type: ignore[union-attr]
    decoded = vae.decode(latent, return_dict=False)[0].float().clamp(-1, 1)
    colour = torch.nn.functional.adaptive_avg_pool2d(decoded, latent.shape[-2:])
    return _cells(latent * scale), _cells(colour)


def _cells(grid: torch.Tensor) -> torch.Tensor:
    return grid.permute(0, 2, 3, 1).flatten(0, 2).double().cpu()


def smooth_pictures(count: int, side: int, seed: int = 0) -> torch.Tensor:
    """(count, 3, side, side), -1 to 1: soft fields of colour crossed by one edge each.

    Colours and brightness reach as far as in real pictures; what is fine in those averages out
    over a cell and does not matter here.
    """
    source = torch.Generator().manual_seed(seed)
    fields = torch.randn(2, count, 3, 4, 4, generator=source)
    # Real pictures are brighter and darker as a whole more than they differ in colour.
    fields = 0.5 * fields + 0.7 * torch.randn(2, count, 1, 4, 4, generator=source)
    soft = torch.nn.functional.interpolate(
        fields.flatten(0, 1), size=(side, side), mode="bicubic", align_corners=False
    ).view(2, count, 3, side, side)
    here = _half_planes(count, side, source)
    return torch.where(here, soft[0], soft[1]).clamp(-1, 1)


def _half_planes(count: int, side: int, source: torch.Generator) -> torch.Tensor:
    """(count, 1, side, side), True on one side of a line through the middle of each picture."""
    angle = torch.rand(count, 1, 1, 1, generator=source) * 2 * torch.pi
    along = torch.linspace(-1, 1, side)
    return along[None, None, None, :] * angle.cos() + along[None, None, :, None] * angle.sin() > 0
