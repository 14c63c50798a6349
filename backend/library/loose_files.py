"""What a file that is used beside a checkpoint is, and which models it fits: from its header alone.

The width of the text that it was made for tells the family (REFERENCE: 768 values are Stable
Diffusion 1, 1024 are 2, 2048 SDXL); a VAE fits both 1 and 2.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.errors import ModelError
from backend.library.families import CONTENTS, FOLDERS, Content, content_of
from backend.library.header import Header, read_header
from backend.library.telling import PICKLES

_FAMILIES = {2048: "SDXL", 1024: "Stable Diffusion 2", 768: "Stable Diffusion 1"}
_DOWN = ("lora_down.weight", "lora_A.weight", "lora.down.weight", ":down", "layer.down.weight")
_NO_SDXL = "It fits SDXL, which is not supported yet."


@dataclass(frozen=True)
class LooseFile:
    """`family` is in words, or empty; `fault` is a sentence, or empty where all is well."""

    family: str = ""
    fault: str = ""


def tell_loose(path: Path, folder: str) -> LooseFile:
    """What a file in a folder of the models folder (`vae`, `loras`, ...) is.

    Pickles, pictures and folders are taken at their word: they are read when they are used.
    """
    if path.is_dir() or path.suffix.lower() in (*PICKLES, ".png"):
        return LooseFile()
    try:
        header = read_header(path)
    except ModelError as error:
        return LooseFile(fault=str(error))
    content = content_of(header)
    if not _belongs(content, folder, header):
        return LooseFile(fault=_elsewhere(content))
    family = next((_FAMILIES[width] for width in _FAMILIES if width in set(_widths(header))), "")
    return LooseFile(family, _NO_SDXL if family == "SDXL" else "")


def _belongs(content: Content, folder: str, header: Header) -> bool:
    if folder == "hypernetworks":
        return any(name.split("/")[0].isdigit() for name in header.entries)
    # A VAE may be taken out of a whole checkpoint, and small embeddings come under any names.
    also = {"vae": ("checkpoint",), "embeddings": ("other",)}
    return FOLDERS.get(content) == folder or content in also.get(folder, ())


def _elsewhere(content: Content) -> str:
    if content in FOLDERS:
        return f"It is {CONTENTS[content]}; it belongs in models/{FOLDERS[content]}."
    return f"It is {CONTENTS[content]}, and of no use here."


def _widths(header: Header) -> Iterator[int]:
    """The sizes that text embeddings may have had: what LoRAs and embeddings take in."""
    for name, entry in header.entries.items():
        first = name.split("/")[0]
        if first.isdigit():  # a hypernetwork names its widths
            yield int(first)
        elif name.endswith(_DOWN) and len(entry.shape) > 1:
            yield entry.shape[1]
        elif entry.shape and not name.startswith("lora_") and "." not in name:
            yield entry.shape[-1]


def is_depth_estimator(folder: Path) -> bool:
    """Whether a folder holds a MiDaS of transformers' DPT architecture."""
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(config, dict) and config.get("model_type") == "dpt"
