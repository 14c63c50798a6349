"""From a catalogue entry to the loaded parts of a model, with no network and no code from the file.

Each part comes from two things: tensors (a safetensors file, in diffusers' or the original layout)
and a configuration (the folder's own, or the one that ships with the program for the family).
Every part is checked against its file's header before the first weight is read.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from backend.errors import ModelError
from backend.library.configs import SHIPPED, Configs, configs_of_file, configs_of_folder
from backend.library.header import read_header
from backend.library.layouts.piece import Locate, Piece
from backend.library.layouts.text import locate_in_folder, locate_in_single_file
from backend.library.layouts.unet import original_unet
from backend.library.layouts.vae import locate_vae
from backend.library.modules import make_text_encoder, make_unet, make_vae
from backend.library.pickles import safetensors_of
from backend.library.telling import PICKLES
from backend.library.tensor_file import TensorFile
from backend.library.tokenizer import CLIP, read_tokenizer
from backend.library.watch import Watch
from backend.library.weights import Plan, fill, plan
from backend.models import ModelSpec as Spec
from backend.models import Prediction

_PARTS = ("unet", "vae", "text_encoder")
_PREFIXES = ("model.diffusion_model.", "first_stage_model.", "cond_stage_model.")


@dataclass(kw_only=True)
class LoadedModel:
    """A checkpoint in memory, on the CPU."""

    spec: Spec
    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer
    scheduler_config: dict[str, Any]
    prediction: Prediction

    @property
    def size(self) -> int:
        """The bytes that its weights take."""
        modules = (self.unet, self.vae, self.text_encoder)
        return sum(each.nbytes for module in modules for each in module.parameters())


def load_checkpoint(
    spec: Spec,
    *,
    dtype: torch.dtype | None = None,
    channels_last: bool = False,
    watch: Watch | None = None,
    configs: Path = SHIPPED,
) -> LoadedModel:
    """Load a whole checkpoint; raises `ModelError` or `Stopped`, and then leaves nothing behind.

    Weights stay in the file's number format, or are converted to `dtype` one by one as they are
    read, and those of convolutions are laid out `channels_last` where that is asked for. The watch
    counts the bytes read, and may stop it. `configs` holds a folder of configurations for each
    family.
    """
    settings = _settings(spec, configs)
    tokenizer = _tokenizer(spec, settings)
    if len(tokenizer) > settings.text_encoder.get("vocab_size", 0):
        raise ModelError(f"The tokenizer of “{spec.name}” has more tokens than its text encoder.")
    with ExitStack() as files:
        plans = _plans(spec, settings, files)
        watch = watch or Watch()
        watch.begin(sum(each.size for each in plans))
        unet, vae, text_encoder = (fill(each, watch, dtype, channels_last) for each in plans)
    return LoadedModel(
        spec=spec,
        unet=cast(UNet2DConditionModel, unet),
        vae=cast(AutoencoderKL, vae),
        text_encoder=cast(CLIPTextModel, text_encoder),
        tokenizer=tokenizer,
        scheduler_config={**settings.scheduler, "prediction_type": spec.prediction},
        prediction=spec.prediction,
    )


def load_vae(
    path: Path,
    config: dict[str, Any],
    *,
    dtype: torch.dtype | None = None,
    channels_last: bool = False,
    watch: Watch | None = None,
) -> AutoencoderKL:
    """A VAE for a checkpoint whose own VAE has the given configuration.

    `path` is a loose file in any layout, a pickle of one, a VAE's or a checkpoint's folder, or a
    checkpoint file, of which the VAE alone is read. Raises `ModelError` and `Stopped`.
    """
    with ExitStack() as files:
        if path.suffix.lower() in PICKLES:
            path = files.enter_context(safetensors_of(path))
        elif path.is_dir():
            path = _part_file(path / "vae" if (path / "vae").is_dir() else path, "vae")
        planned = _plan_vae(config, files.enter_context(TensorFile(path)))
        watch = watch or Watch()
        watch.begin(planned.size)
        return cast(AutoencoderKL, fill(planned, watch, dtype, channels_last))


def load_own_vae(spec: Spec, *, dtype: torch.dtype | None = None) -> AutoencoderKL:
    """The VAE inside a checkpoint, and nothing else of it; raises `ModelError`."""
    return load_vae(spec.path, _settings(spec, SHIPPED).vae, dtype=dtype)


def scheduler_config_of(spec: Spec) -> dict[str, Any]:
    """A checkpoint's `scheduler/scheduler_config.json`, with what it predicts."""
    return {**_settings(spec, SHIPPED).scheduler, "prediction_type": spec.prediction}


def load_tokenizer(spec: Spec, *, configs: Path = SHIPPED) -> CLIPTokenizer:
    """The tokenizer alone: it reads no weights, so the page can count tokens early."""
    return _tokenizer(spec, _settings(spec, configs))


def numbers_in(spec: Spec) -> int:
    """How many weights loading a checkpoint brings into memory; raises `ModelError`.

    What is not painted with is not counted: a file's EMA copies, a folder's safety checker.
    """
    if spec.path.is_dir():
        headers = [read_header(_part_file(spec.path / part, part)) for part in _PARTS]
        return sum(header.numbers() for header in headers)
    return read_header(spec.path).numbers(_PREFIXES)


def _settings(spec: Spec, shipped: Path) -> Configs:
    if spec.path.is_dir():
        return configs_of_folder(spec.path)
    return configs_of_file(read_header(spec.path), spec.family, shipped)


def _tokenizer(spec: Spec, settings: Configs) -> CLIPTokenizer:
    if spec.path.is_dir():
        return read_tokenizer(spec.path / "tokenizer", settings.pad_token)
    return _clip_tokenizer(settings.pad_token)


@lru_cache(maxsize=4)
def _clip_tokenizer(pad_token: str) -> CLIPTokenizer:
    """CLIP's own, from the lists that ship with the program: made once for all single files."""
    return read_tokenizer(CLIP, pad_token)


def _plans(spec: Spec, settings: Configs, files: ExitStack) -> tuple[Plan, Plan, Plan]:
    """How to fill the noise predictor, the VAE and the text encoder."""
    folder = spec.path.is_dir()
    if folder:
        parts = (_part_file(spec.path / part, part) for part in _PARTS)
        unet, vae, text = (files.enter_context(TensorFile(path)) for path in parts)
    else:
        unet = vae = text = files.enter_context(TensorFile(spec.path))
    module = make_unet(settings.unet)
    return (
        plan(module, unet, _locate_unet(module, folder), "noise predictor"),
        _plan_vae(settings.vae, vae),
        plan(
            make_text_encoder(settings.text_encoder),
            text,
            locate_in_folder if folder else locate_in_single_file,
            "text encoder",
        ),
    )


def _plan_vae(config: dict[str, Any], file: TensorFile) -> Plan:
    module = make_vae(config)
    return plan(module, file, locate_vae(dict(module.config)), "VAE")


def _locate_unet(module: UNet2DConditionModel, folder: bool) -> Locate:
    if folder:
        return lambda name: [Piece(name)]
    original = original_unet(dict(module.config))
    return lambda name: [Piece(original(name))]


def _part_file(folder: Path, part: str) -> Path:
    stem = "model" if part == "text_encoder" else "diffusion_pytorch_model"
    for name in (f"{stem}.safetensors", f"{stem}.fp16.safetensors"):
        if (folder / name).is_file():
            return folder / name
    raise ModelError(f"“{folder.parent.name}” has no {folder.name}/{stem}.safetensors.")
