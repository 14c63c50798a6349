"""The fitted map, and which preview is affordable."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch

from backend.engine.fitted_map import FittedMap, fit
from backend.engine.preview import Previewer


def test_the_fitted_map_survives_a_json_file(components) -> None:
    fitted = fit(components.vae)
    again = FittedMap.from_dict(json.loads(json.dumps(fitted.to_dict())))
    torch.testing.assert_close(again.weight, fitted.weight)
    torch.testing.assert_close(again.bias, fitted.bias)
    assert fitted.weight.shape == (4, 3)


def test_the_same_vae_gives_the_same_map(components) -> None:
    assert fit(components.vae).to_dict() == fit(components.vae).to_dict()


@pytest.mark.parametrize("values", [{}, {"weight": [[1.0, 2.0]], "bias": [0.0, 0.0, 0.0]}])
def test_other_numbers_are_refused(values) -> None:
    with pytest.raises(ValueError, match="fitted map"):
        FittedMap.from_dict(values)


def test_a_vae_that_is_linear_is_found_out_exactly() -> None:
    vae = _LinearVae()
    fitted = fit(vae)  # type: ignore[arg-type]
    torch.testing.assert_close(fitted.weight, vae.colours / vae.config["scaling_factor"])
    torch.testing.assert_close(fitted.bias, torch.full((3,), 0.1))


class _LinearVae:
    """A VAE whose decoder paints each cell in one colour, a linear function of its numbers."""

    config: ClassVar = {"scaling_factor": 0.5}
    device = torch.device("cpu")
    dtype = torch.float32

    def __init__(self) -> None:
        source = torch.Generator().manual_seed(0)
        self.colours = torch.randn(4, 3, generator=source) * 0.05

    def encode(self, pictures: torch.Tensor):
        small = torch.nn.functional.avg_pool2d(pictures, 8)
        detail = torch.nn.functional.avg_pool2d(pictures[:, :1] ** 2, 8)
        latent = torch.cat([small, detail], dim=1)
        return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: latent))

    def decode(self, latent: torch.Tensor, return_dict: bool) -> tuple[torch.Tensor]:
        colour = torch.einsum("nchw,cd->ndhw", latent, self.colours) + 0.1
        return (torch.nn.functional.interpolate(colour, scale_factor=8),)


@pytest.mark.parametrize(
    ("step_seconds", "expected"), [(10.0, "Full VAE"), (1.0, "TAESD"), (0.1, "Fitted linear")]
)
def test_auto_takes_the_best_that_costs_little(step_seconds: float, expected: str) -> None:
    previewer = Previewer(methods={}, seconds_per_cell={"Full VAE": 0.004, "TAESD": 0.0004})
    assert previewer.affordable(cells=100, step_seconds=step_seconds) == expected
