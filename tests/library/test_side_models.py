"""Depth estimators and preview decoders: read into private memory, refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderTiny
from safetensors.torch import load_file, save_file
from transformers import DPTConfig, DPTForDepthEstimation

from backend.errors import ModelError
from backend.library.side_models import load_depth_estimator, load_preview_decoder

WEIGHTS = "diffusion_pytorch_model.safetensors"


@pytest.fixture
def midas(tmp_path: Path) -> Path:
    config = DPTConfig(
        hidden_size=32, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32,
        image_size=64, patch_size=16, backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 16, 16], fusion_hidden_size=16, is_hybrid=False,
    )  # fmt: skip
    DPTForDepthEstimation(config).save_pretrained(tmp_path / "midas")
    return tmp_path / "midas"


@pytest.fixture
def taesd(tmp_path: Path) -> Path:
    AutoencoderTiny(
        encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8),
        num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1),
    ).save_pretrained(tmp_path / "taesd")  # fmt: skip
    return tmp_path / "taesd"


def test_an_estimator_is_what_transformers_loads(midas):
    ours = load_depth_estimator(midas)
    theirs = DPTForDepthEstimation.from_pretrained(midas, local_files_only=True).eval()
    pixels = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(ours(pixels).predicted_depth, theirs(pixels).predicted_depth)


def test_a_decoder_is_what_diffusers_loads(taesd):
    ours = load_preview_decoder(taesd)
    theirs = AutoencoderTiny.from_pretrained(taesd, local_files_only=True).eval()
    latent = torch.rand(1, 4, 8, 8)
    with torch.inference_mode():
        assert torch.equal(ours.decode(latent).sample, theirs.decode(latent).sample)
    assert load_preview_decoder(taesd, torch.bfloat16).dtype == torch.bfloat16


def test_a_file_that_is_truncated_afterwards_does_no_harm(midas):
    """Of a mapped file, reading the weights now would end the process."""
    model = load_depth_estimator(midas)
    (midas / "model.safetensors").open("r+b").truncate(100)
    assert all(bool(weight.isfinite().all()) for weight in model.parameters())


@pytest.mark.parametrize("part", ["config.json", "model.safetensors"])
def test_a_missing_file_of_an_estimator_is_a_sentence(midas, part):
    (midas / part).unlink()
    with pytest.raises(ModelError):
        load_depth_estimator(midas)


def test_missing_tensors_are_a_sentence(midas, taesd):
    for load, name, words in (
        (load_depth_estimator, "model.safetensors", "lacks 1 of its tensors"),
        (load_preview_decoder, WEIGHTS, "lacks 1 of its"),
    ):
        folder = midas if name == "model.safetensors" else taesd
        tensors = load_file(folder / name)
        del tensors[sorted(tensors)[0]]
        save_file(tensors, folder / name, {"format": "pt"})
        with pytest.raises(ModelError, match=words):
            load(folder)
