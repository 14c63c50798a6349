"""Which files of a repository make a model."""

from __future__ import annotations

from pathlib import PurePosixPath

from backend.errors import ModelError
from backend.library.hub.client import HubFile

_SMALL = (
    "model_index.json",
    "scheduler/scheduler_config.json",
    "tokenizer/vocab.json",
    "tokenizer/merges.txt",
)
_OPTIONAL = ("tokenizer/tokenizer_config.json", "tokenizer/special_tokens_map.json")
_PARTS = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
}
_VARIANTS = ("", ".fp16")


def select(files: list[HubFile], wanted: str = "") -> list[HubFile]:
    """The files to fetch: the wanted one, a diffusers folder's parts, or the only weights.

    Raises `ModelError` where there are none, or several to choose from.
    """
    by_path = {file.path: file for file in files}
    if wanted:
        return [_one(by_path, wanted)]
    if "model_index.json" in by_path:
        return _folder(by_path)
    weights = [path for path in by_path if path.endswith(".safetensors") and "/" not in path]
    if len(weights) == 1:
        return [by_path[weights[0]]]
    if not weights:
        raise ModelError("The repository has no safetensors file; other formats are not fetched.")
    raise ModelError(f"The repository has several files; name one of: {', '.join(weights[:8])}.")


def _one(files: dict[str, HubFile], wanted: str) -> HubFile:
    if PurePosixPath(wanted).suffix != ".safetensors":
        raise ModelError("Only safetensors files are fetched.")
    if wanted not in files:
        raise ModelError(f"The repository has no file “{wanted[:80]}”.")
    return files[wanted]


def _folder(files: dict[str, HubFile]) -> list[HubFile]:
    names = [*_SMALL, *(name for name in _OPTIONAL if name in files)]
    for part, stem in _PARTS.items():
        names.append(f"{part}/config.json")
        choices = [f"{part}/{stem}{variant}.safetensors" for variant in _VARIANTS]
        names.append(next((name for name in choices if name in files), choices[0]))
    missing = [name for name in names if name not in files]
    if missing:
        raise ModelError(f"The repository lacks {missing[0]}; it cannot be used as it is.")
    return [files[name] for name in names]
