"""A diffusers folder as a single file in the original layout."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import safetensors
import torch
from torch import nn

from backend.errors import ModelError
from backend.library.configs import as_metadata, configs_of_folder
from backend.library.layouts.piece import Piece
from backend.library.layouts.text import original_clip, original_open_clip
from backend.library.layouts.unet import original_unet
from backend.library.layouts.vae import PREFIX, original_vae
from backend.library.loading import load_checkpoint
from backend.library.tensor_file import Tensors, save_tensors
from backend.library.tokenizer import is_clip_vocabulary
from backend.library.watch import Watch
from backend.models import ModelSpec


def write_single_file(spec: ModelSpec, target: Path, watch: Watch) -> list[str]:
    """Write a folder's model as one file; returns notes. Raises `ModelError` and `Stopped`.

    The folder's configurations go into the file's metadata, which other programs pass over, so that
    a model of other than a family's usual size is loaded back by this one.
    """
    if not is_clip_vocabulary(spec.path / "tokenizer"):
        raise ModelError(
            f"“{spec.name}” has a vocabulary of its own, which a single file cannot hold."
        )
    model = load_checkpoint(spec, watch=watch)
    configs = configs_of_folder(spec.path)
    unet, vae = original_unet(dict(model.unet.config)), original_vae(dict(model.vae.config))
    text = original_open_clip if spec.family == "sd2" else original_clip
    tensors = {
        **_renamed(model.unet, _whole(unet, "")),
        **_as_convolutions(_renamed(model.vae, _whole(vae, PREFIX))),
        **_renamed(model.text_encoder, text),
    }
    _save(tensors, target, as_metadata(configs))
    left_out = [name for name in ("depth_estimator", "safety_checker") if _has(spec.path, name)]
    return [f"The folder's {name} has no place in a single file here." for name in left_out]


def _whole(original: Callable[[str], str], prefix: str) -> Callable[[str], Piece]:
    return lambda name: Piece(prefix + original(name))


def _renamed(module: nn.Module, original: Callable[[str], Piece]) -> Tensors:
    """A module's tensors under the original's names, with stacked ones stacked."""
    stacks: dict[str, dict[int, torch.Tensor]] = {}
    for name, tensor in module.state_dict().items():
        piece = original(name)
        stacks.setdefault(piece.name, {})[piece.block] = tensor
    return {name: _stacked(blocks) for name, blocks in stacks.items()}


def _stacked(blocks: dict[int, torch.Tensor]) -> torch.Tensor:
    rows = [blocks[block] for block in sorted(blocks)]
    return rows[0] if len(rows) == 1 else torch.cat(rows)


def _as_convolutions(tensors: Tensors) -> Tensors:
    """The original VAE's attention consists of 1x1 convolutions, where diffusers has matrices."""
    return dict(_convolution(name, tensor) for name, tensor in tensors.items())


def _convolution(name: str, tensor: torch.Tensor) -> tuple[str, torch.Tensor]:
    matrix = ".attn_1." in name and tensor.ndim == 2
    return name, tensor[:, :, None, None] if matrix else tensor


def _save(tensors: Tensors, target: Path, metadata: dict[str, str]) -> None:
    draft = target.with_name(f".{secrets.token_hex(4)}.partial")
    try:
        save_tensors(tensors, draft, {"format": "pt", **metadata})
        os.replace(draft, target)
    except (OSError, safetensors.SafetensorError) as error:
        raise ModelError(f"“{target.name}” could not be written: {error}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _has(folder: Path, part: str) -> bool:
    return (folder / part).is_dir()
