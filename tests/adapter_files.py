"""Adapters with random weights for a diffusers folder, in the formats that trainers write."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

_PARTS = {
    "lora_unet_": ("unet/diffusion_pytorch_model.safetensors", (".to_k", ".to_v", ".to_q")),
    "lora_te_": ("text_encoder/model.safetensors", (".q_proj", ".v_proj")),
}


def save_lora(path: Path, model: Path, *, seed: int = 0, size: float = 0.5) -> Path:
    """A kohya LoRA of rank 2 on the attentions of the model in a folder."""
    draw = torch.Generator().manual_seed(seed)
    tensors: dict[str, torch.Tensor] = {}
    for prefix, (file, endings) in _PARTS.items():
        for name, weight in load_file(model / file).items():
            module = name.removesuffix(".weight")
            if module == name or not module.endswith(endings):
                continue
            flat = prefix + module.replace(".", "_")
            rows, columns = weight.shape[:2]
            tensors[f"{flat}.lora_down.weight"] = size * torch.randn(2, columns, generator=draw)
            tensors[f"{flat}.lora_up.weight"] = size * torch.randn(rows, 2, generator=draw)
            tensors[f"{flat}.alpha"] = torch.tensor(2.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata={"ss_output_name": path.stem})
    return path


def save_embedding(path: Path, width: int, count: int = 2, *, seed: int = 0) -> Path:
    """A textual inversion of `count` vectors."""
    draw = torch.Generator().manual_seed(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"emb_params": torch.randn(count, width, generator=draw)}, path)
    return path


def save_hypernetwork(path: Path, width: int, *, seed: int = 0) -> Path:
    """A1111's `.pt` for attentions whose context has that width."""
    draw = torch.Generator().manual_seed(seed)

    def network() -> dict[str, torch.Tensor]:
        shapes = {"linear.0": (2 * width, width), "linear.1": (width, 2 * width)}
        weights = {
            f"{it}.weight": torch.randn(*shape, generator=draw) for it, shape in shapes.items()
        }
        biases = {
            f"{it}.bias": torch.randn(shape[0], generator=draw) for it, shape in shapes.items()
        }
        return {**weights, **biases}

    path.parent.mkdir(parents=True, exist_ok=True)
    content = {width: (network(), network()), "step": 1, "name": path.stem}
    torch.save({**content, "activation_func": "relu"}, path)
    return path
