"""Estimating depth, and what of a picture survives noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import DPTConfig, DPTForDepthEstimation

from backend.engine.decode import decode
from backend.engine.depth import estimate_depth
from backend.engine.strength_preview import expose, surviving
from tests.unit.engine.conftest import ASKED


@pytest.fixture(scope="module")
def dpt() -> DPTForDepthEstimation:
    torch.manual_seed(0)
    config = DPTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=64,
        patch_size=16,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=16,
        is_hybrid=False,
    )
    return DPTForDepthEstimation(config).eval()


@pytest.mark.parametrize("size", [(64, 64), (90, 50), (33, 121)])
def test_a_depth_map_has_the_pictures_size(dpt, size) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    depth = estimate_depth(dpt, picture)
    assert depth.shape == size
    assert depth.dtype == np.float32
    assert (depth.min(), depth.max()) == (0, 1)


def test_a_plain_picture_gives_numbers_too(dpt) -> None:
    torch.nn.init.zeros_(dpt.head.head[4].weight)
    assert not estimate_depth(dpt, np.zeros((40, 40, 3), np.uint8)).any()


def _shown(components, strength: float, sampler: str = "Euler") -> np.ndarray:
    picture = np.full((64, 96, 3), (220, 60, 90), np.uint8)
    picture[16:48, 32:64] = (30, 200, 40)
    exposure = expose(picture, components.vae, (12, 8), seed=3)
    asked = replace(ASKED, steps=20, sampler=sampler)
    latent = surviving(
        exposure, asked, strength, components.scheduler_config, components.prediction
    )
    return decode(latent, components.vae).picture.astype(float)


def test_less_survives_at_higher_strength(components) -> None:
    plain = _shown(components, 0.0)
    assert plain.shape == (64, 96, 3)
    distances = [
        np.abs(_shown(components, strength) - plain).mean() for strength in (0.1, 0.3, 0.5, 0.8)
    ]
    assert distances == sorted(distances)
    assert distances[0] < distances[-1]


def test_samplers_of_both_scales_show_alike(components) -> None:
    """At the same timestep their noise is the same, however they keep the latent."""
    difference = _shown(components, 0.5, "Euler") - _shown(components, 0.5, "DDIM")
    assert np.abs(difference).mean() < 12
