"""The models folder as it stands: every checkpoint and VAE file in it, and what is wrong with any.

Nothing here reads a weight: folders are told from their JSON files, single files from their header.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from backend.errors import ModelError
from backend.library.families import kind_of, tell_single_file
from backend.library.hashing import HashCache
from backend.library.header import read_header
from backend.models import ModelSpec, VaeSpec

_WEIGHT_NAMES = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors")


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What was found: `problems` maps a file's name to the sentence that says what is wrong."""

    checkpoints: tuple[ModelSpec, ...]
    vaes: tuple[VaeSpec, ...]
    problems: dict[str, str]

    def checkpoint(self, name: str) -> ModelSpec:
        """The checkpoint of that name; raises `ModelError`."""
        for spec in self.checkpoints:
            if spec.name == name:
                return spec
        if name in self.problems:
            raise ModelError(self.problems[name])
        raise ModelError(f"There is no checkpoint called “{name[:80]}” in the models folder.")

    def vae(self, name: str) -> VaeSpec:
        """The VAE file of that name; raises `ModelError`."""
        for spec in self.vaes:
            if spec.name == name:
                return spec
        raise ModelError(f"There is no VAE file called “{name[:80]}” in models/vae.")


def scan(models: Path, hashes: HashCache) -> Catalogue:
    """Look at the whole models folder: bundled models first, then the artist's own by name."""
    checkpoints: list[ModelSpec] = []
    problems: dict[str, str] = {}
    for root in (models / "bundled", models / "checkpoints"):
        for path in _candidates(root):
            name = path.relative_to(root).as_posix()
            try:
                spec = _tell(path, name)
                checkpoints.append(replace(spec, sha256=hashes.known(weight_file(spec.path))))
            except ModelError as error:
                problems[name] = str(error)
    return Catalogue(
        checkpoints=tuple(checkpoints),
        vaes=tuple(_vaes(models / "vae", hashes)),
        problems=problems,
    )


def weight_file(path: Path) -> Path:
    """The file whose hash names a checkpoint: itself, or the noise predictor's of a folder."""
    if path.is_file():
        return path
    for name in _WEIGHT_NAMES:
        if (path / "unet" / name).is_file():
            return path / "unet" / name
    raise ModelError(f"“{path.name}” has no unet/{_WEIGHT_NAMES[0]}.")


def _candidates(root: Path) -> Iterator[Path]:
    if not root.is_dir():
        return
    for path in sorted(root.iterdir(), key=lambda each: each.name.lower()):
        if path.suffix == ".safetensors" or (path / "model_index.json").is_file():
            yield path


def _tell(path: Path, name: str) -> ModelSpec:
    return _tell_folder(path, name) if path.is_dir() else _tell_file(path, name)


def _tell_folder(path: Path, name: str) -> ModelSpec:
    unet = read_json(path / "unet" / "config.json")
    scheduler = read_json(path / "scheduler" / "scheduler_config.json")
    weight_file(path)
    try:
        return ModelSpec(
            name=name,
            path=path,
            family="sd2" if unet["cross_attention_dim"] == 1024 else "sd1",
            kind=kind_of(unet["in_channels"], name),
            prediction=scheduler.get("prediction_type", "epsilon"),
            native_size=8 * unet["sample_size"],
        )
    except (KeyError, TypeError) as error:
        raise ModelError(f"The unet/config.json of “{name}” lacks {error}.") from error


def _tell_file(path: Path, name: str) -> ModelSpec:
    family, kind = tell_single_file(read_header(path), name)
    return ModelSpec(
        name=name, path=path, family=family, kind=kind, prediction="epsilon", native_size=512
    )


def _vaes(root: Path, hashes: HashCache) -> Iterator[VaeSpec]:
    for path in sorted(root.glob("*.safetensors")) if root.is_dir() else ():
        yield VaeSpec(name=path.name, path=path, sha256=hashes.known(path))


def read_json(path: Path) -> dict:
    """A JSON object from a small file; raises `ModelError` with a sentence naming the file."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path.parent.name}/{path.name} is missing or damaged.") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path.parent.name}/{path.name} does not hold a JSON object.")
    return value
