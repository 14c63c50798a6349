"""The tiny random model as a diffusers folder, for tests of what reads files."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import DPTConfig, DPTForDepthEstimation

from tests.tiny_model import SCHEDULER_CONFIG, tiny_components


def save_tiny_dpt(folder: Path) -> Path:
    """Write a depth estimator of random weights."""
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
    DPTForDepthEstimation(config).save_pretrained(folder)
    return folder


def save_tiny_model(folder: Path, *, change: float = 0.0, in_channels: int = 4) -> Path:
    """Write the folder; `change` is added to the noise predictor, so that two differ.

    `in_channels` is 4 for a base checkpoint, 9 for inpainting, 5 for depth.
    """
    parts = tiny_components(in_channels=in_channels)
    with torch.no_grad():
        for parameter in parts.unet.parameters():
            parameter.add_(change)
    parts.unet.save_pretrained(folder / "unet")
    parts.vae.save_pretrained(folder / "vae")
    parts.text_encoder.save_pretrained(folder / "text_encoder")
    parts.tokenizer.save_pretrained(folder / "tokenizer")
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(SCHEDULER_CONFIG))
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    return folder
