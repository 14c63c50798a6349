"""From a catalogue entry to the loaded parts of a model, with no network and no code from the file.

Each part comes from two things: tensors (a safetensors file, in diffusers' or the original layout)
and a configuration (the folder's own, or the one that ships with the program for the family).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders import single_file_utils as original
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from backend.errors import ModelError
from backend.library.catalogue import read_json
from backend.library.weights import Tensors, build, read_tensors
from backend.models import ModelSpec as Spec
from backend.models import Prediction

_CONFIGS = Path(__file__).parent / "configs"
_OPEN_CLIP_PREFIX = "cond_stage_model.model."


@dataclass(kw_only=True)
class LoadedModel:
    """A checkpoint in memory, on the CPU and in the file's own number format."""

    spec: Spec
    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer
    scheduler_config: dict[str, Any]
    prediction: Prediction


def load_checkpoint(spec: Spec) -> LoadedModel:
    """Load a whole checkpoint; raises `ModelError` and leaves nothing behind."""
    return _load_folder(spec) if spec.path.is_dir() else _load_single_file(spec)


def load_vae(path: Path, config: dict[str, Any]) -> AutoencoderKL:
    """A loose VAE file for a checkpoint whose own VAE has the given configuration."""
    tensors = read_tensors(path)
    if any(".down." in name for name in tensors):
        tensors = original.convert_ldm_vae_checkpoint(tensors, config)
    return _vae(config, tensors)


def load_tokenizer(spec: Spec) -> CLIPTokenizer:
    """The tokenizer alone: it reads no weights, so the page can count tokens early."""
    folder = spec.path / "tokenizer" if spec.path.is_dir() else _config_folder(spec) / "tokenizer"
    return CLIPTokenizer.from_pretrained(folder, local_files_only=True)


def _load_folder(spec: Spec) -> LoadedModel:
    text_config = read_json(spec.path / "text_encoder" / "config.json")
    return LoadedModel(
        spec=spec,
        unet=_unet(read_json(spec.path / "unet" / "config.json"), _part(spec.path, "unet")),
        vae=_vae(read_json(spec.path / "vae" / "config.json"), _part(spec.path, "vae")),
        text_encoder=_text_encoder(text_config, _part(spec.path, "text_encoder")),
        tokenizer=load_tokenizer(spec),
        scheduler_config=read_json(spec.path / "scheduler" / "scheduler_config.json"),
        prediction=spec.prediction,
    )


def _part(folder: Path, part: str) -> Tensors:
    stem = "model" if part == "text_encoder" else "diffusion_pytorch_model"
    for name in (f"{stem}.safetensors", f"{stem}.fp16.safetensors"):
        if (folder / part / name).is_file():
            return read_tensors(folder / part / name)
    raise ModelError(f"“{folder.name}” has no {part}/{stem}.safetensors.")


def _load_single_file(spec: Spec) -> LoadedModel:
    folder = _config_folder(spec)
    tensors = read_tensors(spec.path)
    unet = read_json(folder / "unet" / "config.json")
    vae = read_json(folder / "vae" / "config.json")
    return LoadedModel(
        spec=spec,
        unet=_unet(unet, original.convert_ldm_unet_checkpoint(tensors, unet)),
        vae=_vae(vae, original.convert_ldm_vae_checkpoint(tensors, vae)),
        text_encoder=_original_text_encoder(folder, tensors),
        tokenizer=load_tokenizer(spec),
        scheduler_config=read_json(folder / "scheduler" / "scheduler_config.json"),
        prediction=spec.prediction,
    )


def _config_folder(spec: Spec) -> Path:
    return _CONFIGS / spec.family


def _original_text_encoder(folder: Path, tensors: Tensors) -> CLIPTextModel:
    config = read_json(folder / "text_encoder" / "config.json")
    if any(name.startswith(_OPEN_CLIP_PREFIX) for name in tensors):
        converted = original.convert_open_clip_checkpoint(
            _ConfigOnly(CLIPTextConfig(**config)), tensors, prefix=_OPEN_CLIP_PREFIX
        )
    else:
        converted = original.convert_ldm_clip_checkpoint(tensors)
    return _text_encoder(config, converted)


@dataclass(frozen=True)
class _ConfigOnly:
    """What diffusers' converter reads of a text model: its configuration."""

    config: CLIPTextConfig


def _unet(config: dict[str, Any], tensors: Tensors) -> UNet2DConditionModel:
    make = _from_config(UNet2DConditionModel, config, "noise predictor")
    return cast(UNet2DConditionModel, build(make, tensors, "noise predictor"))


def _vae(config: dict[str, Any], tensors: Tensors) -> AutoencoderKL:
    return cast(AutoencoderKL, build(_from_config(AutoencoderKL, config, "VAE"), tensors, "VAE"))


def _text_encoder(config: dict[str, Any], tensors: Tensors) -> CLIPTextModel:
    return cast(
        CLIPTextModel,
        build(lambda: CLIPTextModel(CLIPTextConfig(**config)), tensors, "text encoder"),
    )


def _from_config(kind: Any, config: dict[str, Any], part: str) -> Callable[[], Any]:
    def make() -> Any:
        try:
            return kind.from_config(config)
        except (TypeError, ValueError) as error:
            raise ModelError(f"The configuration of the {part} is not understood.") from error

    return make
