"""Tiny models with random weights in a diffusers folder: the structure of the real ones, small."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from backend.library.configs import SHIPPED
from backend.library.small_files import read_json
from backend.library.tokenizer import CLIP
from backend.models import Family, Kind, ModelSpec

CHANNELS: dict[Kind, int] = {"base": 4, "inpaint": 9, "depth": 5}
WIDTH = 32

TEXT = {
    "hidden_size": WIDTH,
    "intermediate_size": 48,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "vocab_size": 49408,
    "max_position_embeddings": 77,
    "hidden_act": "quick_gelu",
}
VAE = {
    "block_out_channels": [8, 8, 16, 16],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "latent_channels": 4,
    "layers_per_block": 2,
    "norm_num_groups": 4,
    "sample_size": 64,
    "scaling_factor": 0.18215,
}
SCHEDULER = read_json(SHIPPED / "sd1" / "scheduler" / "scheduler_config.json")


def unet_config(family: Family, kind: Kind) -> dict[str, Any]:
    """Four levels with two residual blocks each, as Stable Diffusion has them."""
    cross, plain = ["CrossAttnDownBlock2D"] * 3, ["DownBlock2D"]
    return {
        "block_out_channels": [8, 8, 16, 16],
        "down_block_types": cross + plain,
        "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
        "cross_attention_dim": WIDTH,
        "attention_head_dim": [1, 1, 2, 2] if family == "sd2" else 2,
        "in_channels": CHANNELS[kind],
        "out_channels": 4,
        "layers_per_block": 2,
        "norm_num_groups": 4,
        "sample_size": 8,
        "use_linear_projection": family == "sd2",
    }


def make_folder(
    path: Path,
    family: Family = "sd1",
    kind: Kind = "base",
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
) -> Path:
    """A whole model as a diffusers folder, in the file names and tensor names that artists have."""
    torch.manual_seed(seed)
    unet = unet_config(family, kind)
    pad = "!" if family == "sd2" else "<|endoftext|>"
    _part(path / "unet", unet, UNet2DConditionModel.from_config(unet), dtype)
    _part(path / "vae", VAE, AutoencoderKL.from_config(VAE), dtype)
    _part(path / "text_encoder", TEXT, CLIPTextModel(CLIPTextConfig(**TEXT)), dtype, "model")
    write(path / "scheduler" / "scheduler_config.json", SCHEDULER)
    write(path / "model_index.json", {"_class_name": "StableDiffusionPipeline"})
    write(path / "tokenizer" / "tokenizer_config.json", {"pad_token": pad})
    for name in ("vocab.json", "merges.txt"):
        shutil.copyfile(CLIP / name, path / "tokenizer" / name)
    return path


def make_configs(path: Path, family: Family) -> Path:
    """A folder of family configurations like the shipped one, of the tiny sizes."""
    write(path / family / "unet" / "config.json", unet_config(family, "base"))
    write(path / family / "vae" / "config.json", VAE)
    write(path / family / "text_encoder" / "config.json", TEXT)
    write(path / family / "scheduler" / "scheduler_config.json", SCHEDULER)
    return path


def spec(path: Path, family: Family = "sd1", kind: Kind = "base") -> ModelSpec:
    """What the library would say of a tiny model, but for its width, of the given family."""
    return ModelSpec(
        name=path.name, path=path, family=family, kind=kind, prediction="epsilon", native_size=64
    )


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def _part(
    folder: Path,
    config: dict[str, Any],
    module: nn.Module,
    dtype: torch.dtype,
    stem: str = "diffusion_pytorch_model",
) -> None:
    write(folder / "config.json", config)
    prefix = "text_model." if stem == "model" else ""
    tensors = {prefix + name: each.to(dtype) for name, each in module.state_dict().items()}
    safetensors.torch.save_file(tensors, folder / f"{stem}.safetensors")
