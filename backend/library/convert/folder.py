"""A single file in the original layout as a diffusers folder."""

from __future__ import annotations

import os
import secrets
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import safetensors

from backend.errors import ModelError
from backend.library.configs import Configs, configs_of_file
from backend.library.header import Header, read_header
from backend.library.loading import LoadedModel, load_checkpoint
from backend.library.small_files import write_json
from backend.library.tensor_file import Tensors, save_tensors
from backend.library.tokenizer import CLIP, POSITIONS
from backend.library.watch import Watch
from backend.models import Kind, ModelSpec

_PIPELINES: dict[Kind, str] = {
    "base": "StableDiffusionPipeline",
    "inpaint": "StableDiffusionInpaintPipeline",
    "depth": "StableDiffusionDepth2ImgPipeline",
}
_LEFT_OUT = {
    "model_ema": "EMA copies of the weights",
    "depth_model": "the depth estimator",
    "optimizer_states": "a training state",
}


def write_folder(spec: ModelSpec, target: Path, watch: Watch) -> list[str]:
    """Write a file's model as a folder; returns notes. Raises `ModelError` and `Stopped`."""
    header = read_header(spec.path)
    model = load_checkpoint(spec, watch=watch)
    draft = target.with_name(f".{secrets.token_hex(4)}.partial")
    try:
        write_parts(model, configs_of_file(header, spec.family), draft)
        os.replace(draft, target)
    except (OSError, safetensors.SafetensorError) as error:
        raise ModelError(f"“{target.name}” could not be written: {error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return _notes(header)


def write_parts(model: LoadedModel, configs: Configs, folder: Path) -> None:
    """Write every file of a diffusers folder; raises `OSError`."""
    prediction = {"prediction_type": model.prediction}
    write_json(folder / "model_index.json", _index(model.spec.kind))
    write_json(
        folder / "scheduler" / "scheduler_config.json",
        {"_class_name": "DDIMScheduler", **configs.scheduler, **prediction},
    )
    _write_tokenizer(folder / "tokenizer", configs.pad_token)
    _write_part(folder / "unet", "UNet2DConditionModel", configs.unet, model.unet.state_dict())
    _write_part(folder / "vae", "AutoencoderKL", configs.vae, model.vae.state_dict())
    text = {"model_type": "clip_text_model", **configs.text_encoder}
    # transformers before 5 knows these tensors by this prefix alone, and 5 by both.
    named = {f"text_model.{name}": each for name, each in model.text_encoder.state_dict().items()}
    _write_part(folder / "text_encoder", "CLIPTextModel", text, named, "model")


def _write_part(
    folder: Path,
    class_name: str,
    config: dict[str, Any],
    tensors: Tensors,
    stem: str = "diffusion_pytorch_model",
) -> None:
    key = "architectures" if stem == "model" else "_class_name"
    names = [class_name] if stem == "model" else class_name
    write_json(folder / "config.json", {key: names, **config})
    save_tensors(tensors, folder / f"{stem}.safetensors", {"format": "pt"})


def _write_tokenizer(folder: Path, pad_token: str) -> None:
    tokens = {
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": pad_token,
    }
    settings = {"tokenizer_class": "CLIPTokenizer", "model_max_length": POSITIONS, **tokens}
    write_json(folder / "tokenizer_config.json", settings)
    write_json(folder / "special_tokens_map.json", tokens)
    for name in ("vocab.json", "merges.txt"):
        shutil.copyfile(CLIP / name, folder / name)


def _index(kind: Kind) -> dict[str, Any]:
    """What diffusers reads to know a folder's parts and their classes."""
    return {
        "_class_name": _PIPELINES[kind],
        "feature_extractor": [None, None],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }


def _notes(header: Header) -> list[str]:
    groups = Counter(name.partition(".")[0] for name in header.entries)
    return [
        f"{groups[group]:,} tensors were left out: {what}."
        for group, what in _LEFT_OUT.items()
        if groups[group]
    ]
