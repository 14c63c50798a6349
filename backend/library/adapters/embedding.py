"""Textual inversions (Gal et al. 2022, arXiv:2208.01618): a few vectors that act as a word.

Layouts: `{token: tensor}` (diffusers), `string_to_param` (the authors' and A1111's), `emb_params`
(safetensors), and a PNG with the values in its text or in its pixels (A1111).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from backend.errors import ModelError
from backend.library.adapters.picture import read_picture
from backend.library.adapters.source import check_width, finite, read_source
from backend.library.tensor_file import Tensors

MAX_VECTORS = 75  # tokens of one chunk of a prompt
MAX_TOKENS = 16  # words that one file may teach
_PARAMETERS = "string_to_param/"


@dataclass(frozen=True)
class Embedding:
    """`vectors` is fp32 of shape (count, width of the text encoder); prompts call it by `name`."""

    name: str
    vectors: torch.Tensor

    @property
    def width(self) -> int:
        """The values of one token's embedding, in the model that it was made for."""
        return self.vectors.shape[1]

    def check_fits(self, width: int) -> None:
        """Raise `ModelError` where a model's text width is another, saying which model it fits."""
        check_width(self.name, self.width, width)


def read_embedding(path: Path) -> Embedding:
    """A textual inversion from a file in any layout; raises `ModelError`."""
    picture = path.suffix.lower() == ".png"
    tensors = read_picture(path) if picture else read_source(path).tensors
    rows = [_rows(tensor, path) for tensor in _vectors(tensors, path)]
    if len({each.shape[1] for each in rows}) != 1:
        raise ModelError(f"“{path.name}” holds vectors of several widths.")
    vectors = torch.cat(rows)
    if not 1 <= len(vectors) <= MAX_VECTORS:
        raise ModelError(
            f"“{path.name}” has {len(vectors)} vectors; a prompt takes 1 to {MAX_VECTORS} at once."
        )
    return Embedding(path.stem, vectors)


def _vectors(tensors: Tensors, path: Path) -> list[torch.Tensor]:
    if {"clip_l", "clip_g"} & tensors.keys():
        raise ModelError(f"“{path.name}” fits SDXL, which is not supported yet.")
    if "emb_params" in tensors:
        return [tensors["emb_params"]]
    parameters = [each for name, each in tensors.items() if name.startswith(_PARAMETERS)]
    if parameters:
        return parameters
    if not 1 <= len(tensors) <= MAX_TOKENS or any("/" in name for name in tensors):
        raise ModelError(f"“{path.name}” is not a textual inversion.")
    return list(tensors.values())


def _rows(tensor: torch.Tensor, path: Path) -> torch.Tensor:
    if tensor.ndim not in (1, 2) or tensor.shape[-1] < 2:
        raise ModelError(f"“{path.name}” is not a textual inversion.")
    return finite(tensor, path).reshape(-1, tensor.shape[-1])
