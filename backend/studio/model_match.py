"""Whether the model files that a picture was painted with are here, and a sentence where not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from backend.models import ModelSpec, VaeSpec
from backend.studio.picture_settings import NamedFile

_SUFFIXES = (".safetensors", ".ckpt", ".pt", ".vae")
_HASH = re.compile(r"[0-9a-f]{10,64}")  # A1111's old hashes have 8 digits and are of another kind


@dataclass(frozen=True, kw_only=True)
class ModelMatch:
    """The file here that fits, by its name in the library, or None; and what is odd about it."""

    name: str | None = None
    sentence: str = ""


def match_model(kind: str, wanted: NamedFile, files: Sequence[ModelSpec | VaeSpec]) -> ModelMatch:
    """Find a picture's checkpoint or VAE (`kind`, as sentences call it) among the files here.

    The same hash is the same file whatever its name; a name alone is taken with a warning.
    """
    if not wanted:
        return ModelMatch()
    digits = wanted.hash.lower()
    same = [file for file in files if _HASH.fullmatch(digits) and file.sha256.startswith(digits)]
    named = [file for file in files if wanted.name and _stem(file.name) == _stem(wanted.name)]
    both = [file for file in same if file in named]
    if both or same:
        return _same_file(kind, wanted, (both or same)[0].name)
    if named:
        return _same_name(kind, wanted, named[0])
    return ModelMatch(sentence=f"The {kind} {_called(wanted)} of this picture is not here.")


def _same_file(kind: str, wanted: NamedFile, name: str) -> ModelMatch:
    if not wanted.name or _stem(name) == _stem(wanted.name):
        return ModelMatch(name=name)
    sentence = f"The {kind} “{wanted.name[:80]}” of this picture is called “{name}” here."
    return ModelMatch(name=name, sentence=sentence)


def _same_name(kind: str, wanted: NamedFile, file: ModelSpec | VaeSpec) -> ModelMatch:
    if not _HASH.fullmatch(wanted.hash.lower()):
        return ModelMatch(name=file.name)
    if not file.sha256:
        sentence = f"The {kind} “{file.name}” is here, but its hash is not computed yet."
    else:
        sentence = (
            f"The {kind} “{file.name}” here is another file than the one of this picture: "
            f"its hash is {file.sha256[:10]}, the picture's {wanted.hash[:10]}."
        )
    return ModelMatch(name=file.name, sentence=sentence)


def _called(wanted: NamedFile) -> str:
    digits = f"[{wanted.hash[:10]}]" if wanted.hash else ""
    return f"“{wanted.name[:80]}” {digits}".strip() if wanted.name else digits


def _stem(name: str) -> str:
    """A file's name without folders and the endings of weights, for comparison."""
    stem = PurePosixPath(name.replace("\\", "/")).name.casefold()
    for suffix in _SUFFIXES:
        stem = stem.removesuffix(suffix)
    return stem
