"""The fitted map, and which preview is affordable."""

from __future__ import annotations

import json

import pytest
import torch

from backend.engine.fitted_map import FittedMap, encoded_and_decoded, fit, smooth_pictures
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


def test_no_linear_map_fits_better(components) -> None:
    latents, colours = encoded_and_decoded(components.vae, smooth_pictures(8, 64))
    fitted = fit(components.vae)
    shown = latents.float() @ fitted.weight + fitted.bias
    other = latents.float() @ (fitted.weight + 0.01) + fitted.bias
    assert (shown - colours).square().mean() < (other - colours).square().mean()


@pytest.mark.parametrize(
    ("step_seconds", "expected"), [(10.0, "Full VAE"), (1.0, "TAESD"), (0.1, "Fitted linear")]
)
def test_auto_takes_the_best_that_costs_little(step_seconds: float, expected: str) -> None:
    previewer = Previewer(methods={}, seconds_per_cell={"Full VAE": 0.004, "TAESD": 0.0004})
    assert previewer.affordable(cells=100, step_seconds=step_seconds) == expected
