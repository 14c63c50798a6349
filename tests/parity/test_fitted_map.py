"""The linear preview beside what the VAE itself decodes."""

from __future__ import annotations

import pytest
import torch

from backend.engine.fitted_map import encoded_and_decoded, smooth_pictures
from tests.parity.comparison import Comparison
from tests.parity.conftest import is_bundled


@pytest.mark.skipif(not is_bundled(), reason="the bundled model is not there")
def test_the_map_explains_nearly_all_colour(comparison: Comparison) -> None:
    """On pictures that it was not fitted to: R² above 0.95 for each of red, green and blue."""
    fitted, vae = comparison.painter.fitted_map, comparison.painter.components.vae
    latents, colours = encoded_and_decoded(vae, smooth_pictures(16, 64, seed=99))
    shown = latents @ fitted.weight.double() + fitted.bias.double()
    missed = (shown - colours).square().sum(dim=0)
    varied = (colours - colours.mean(dim=0)).square().sum(dim=0)
    assert torch.all(1 - missed / varied > 0.95)
