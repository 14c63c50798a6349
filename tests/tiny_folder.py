"""The tiny random model as a diffusers folder, for tests of what reads files."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from tests.tiny_model import SCHEDULER_CONFIG, tiny_components


def save_tiny_model(folder: Path, *, change: float = 0.0) -> Path:
    """Write the folder; `change` is added to the noise predictor, so that two differ."""
    parts = tiny_components()
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
