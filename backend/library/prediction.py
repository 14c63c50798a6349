"""Whether a single file predicts noise or velocity: no tensor says so, so others are asked.

In this order: what the artist chose for the file's hash; a yaml or json of the file's name beside
it (the original repositories' `parameterization: "v"`, diffusers' `prediction_type`); the file's
own metadata (https://github.com/Stability-AI/ModelSpec); else noise, as most models do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from backend.errors import ModelError
from backend.library.choices import Choices
from backend.library.header import Header
from backend.library.small_files import read_text
from backend.models import Prediction

_SPELLINGS: dict[str, Prediction] = {
    "v": "v_prediction",
    "v_prediction": "v_prediction",
    "v-prediction": "v_prediction",
    "eps": "epsilon",
    "epsilon": "epsilon",
}
_KEYS = ("parameterization", "prediction_type")
_MAX_BYTES = 64_000
_MAX_NODES = 10_000


@dataclass(frozen=True)
class Told:
    """How a model predicts, and a short sentence saying who said so."""

    prediction: Prediction
    reason: str


def tell_prediction(path: Path, header: Header, sha256: str, choices: Choices) -> Told:
    """How a single-file checkpoint predicts; a file beside it that cannot be read says nothing."""
    chosen = choices.prediction(sha256)
    if chosen:
        return Told(chosen, "chosen in this program for a file of this content")
    for beside in (path.with_suffix(".yaml"), path.with_suffix(".json")):
        said = _read_beside(beside)
        if said:
            return Told(said, f"{beside.name} beside the file says so")
    said = _SPELLINGS.get(header.metadata.get("modelspec.prediction_type", ""))
    if said:
        return Told(said, "the file's own metadata says so")
    return Told("epsilon", "nothing says otherwise")


def _read_beside(path: Path) -> Prediction | None:
    if not path.is_file():
        return None
    try:
        text = read_text(path, _MAX_BYTES)
        value = yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)
    except (ModelError, ValueError, RecursionError, yaml.YAMLError):
        return None
    return next(_said(value), None)


def _said(value: object) -> Iterator[Prediction]:
    """Every prediction that a nested value names.

    Counted, because a few lines of yaml can refer to themselves and unfold without end.
    """
    waiting, seen = [value], 0
    while waiting and seen < _MAX_NODES:
        node = waiting.pop()
        seen += 1
        if isinstance(node, list):
            waiting.extend(node)
        if isinstance(node, dict):
            waiting.extend(node.values())
            for key in _KEYS:
                word = node.get(key)
                if isinstance(word, str) and word in _SPELLINGS:
                    yield _SPELLINGS[word]
