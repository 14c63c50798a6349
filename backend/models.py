"""What the library says about a model file: plain values, read without loading a weight."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Family = Literal["sd1", "sd2"]
Prediction = Literal["epsilon", "v_prediction"]
Kind = Literal["base", "inpaint", "depth"]


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """A checkpoint as the library found it.

    `name` is unique in the library and is what requests carry. `native_size` is the side in pixels
    of the square picture that the model was trained on. `sha256` is of the noise predictor's file
    (64 hex digits), or empty while it is still being computed.
    """

    name: str
    path: Path
    family: Family
    kind: Kind
    prediction: Prediction
    native_size: int
    sha256: str = ""

    @property
    def short_hash(self) -> str:
        """The 10 hex digits that infotext shows."""
        return self.sha256[:10]


@dataclass(frozen=True, kw_only=True)
class VaeSpec:
    """A VAE that can be chosen; `sha256` is empty while it is still being computed."""

    name: str
    path: Path
    sha256: str = ""
