"""The models folder as it stands: every checkpoint and VAE file in it, and what is wrong with any.

Nothing here reads a weight: folders are told from their JSON files, single files from their header.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from backend.errors import ModelError
from backend.library.choices import Choices
from backend.library.hashing import HashCache
from backend.library.telling import PICKLES, WEIGHT_NAMES, tell, weight_file
from backend.models import ModelSpec, VaeSpec

_VAE_SUFFIXES = (".safetensors", *PICKLES)
AdapterFolder = Literal["embeddings", "loras", "hypernetworks"]
# A PNG can hold an embedding; beside a LoRA it is a picture of what the LoRA does.
_ADAPTER_SUFFIXES: dict[AdapterFolder, tuple[str, ...]] = {
    "embeddings": (".safetensors", ".png", *PICKLES),
    "loras": (".safetensors", *PICKLES),
    "hypernetworks": (".safetensors", *PICKLES),
}
MAX_FOLDERS = 500  # within one
MAX_LISTED = 10_000  # files of one folder; more is a mistake, such as a link to the whole disk


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What was found.

    `problems` maps a file's name to the sentence that says what is wrong, `problem_paths` to where
    it lies. `convertible` are pickles among the checkpoints, which can be used once they are
    converted. Adapters are files by the name that prompts call them by.
    """

    checkpoints: tuple[ModelSpec, ...]
    vaes: tuple[VaeSpec, ...]
    problems: dict[str, str]
    convertible: tuple[Path, ...] = ()
    problem_paths: dict[str, Path] = field(default_factory=dict)
    embeddings: dict[str, Path] = field(default_factory=dict)
    loras: dict[str, Path] = field(default_factory=dict)
    hypernetworks: dict[str, Path] = field(default_factory=dict)

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

    def adapter(self, folder: AdapterFolder, name: str) -> Path:
        """The file that a prompt calls by a name; raises `ModelError` where there is none.

        Large and small letters are the same where that leaves one file.
        """
        kind, files = {
            "embeddings": ("textual inversion", self.embeddings),
            "loras": ("LoRA", self.loras),
            "hypernetworks": ("hypernetwork", self.hypernetworks),
        }[folder]
        if name in files:
            return files[name]
        alike = [each for each in files if each.lower() == name.lower()]
        if len(alike) > 1:
            raise ModelError(f"“{name[:80]}” may be {' or '.join(alike)}; write it as the file.")
        if not alike:
            raise ModelError(f"There is no {kind} called “{name[:80]}” in models/{folder}.")
        return files[alike[0]]


def scan(models: Path, hashes: HashCache, choices: Choices | None = None) -> Catalogue:
    """Look at the whole models folder: bundled models first, then the artist's own by name."""
    specs: dict[str, ModelSpec] = {}
    problems: dict[str, str] = {}
    problem_paths: dict[str, Path] = {}
    convertible = []
    for path in _checkpoint_files(models):
        try:
            spec = _look(path, hashes, choices or Choices())
            if spec.name in specs:
                raise ModelError(f"Another model is called “{spec.name}” too; rename one of them.")
            specs[spec.name] = spec
        except ModelError as error:
            problems.setdefault(_shown(path.name), _shown(str(error)))
            problem_paths.setdefault(_shown(path.name), path)
        if path.suffix.lower() in PICKLES:
            convertible.append(path)
    return Catalogue(
        checkpoints=tuple(specs.values()),
        vaes=tuple(_vaes(models, hashes)),
        problems=problems,
        convertible=tuple(convertible),
        problem_paths=problem_paths,
        embeddings=_adapters(models, "embeddings"),
        loras=_adapters(models, "loras"),
        hypernetworks=_adapters(models, "hypernetworks"),
    )


def _look(path: Path, hashes: HashCache, choices: Choices) -> ModelSpec:
    if not path.name.isprintable():
        raise ModelError("Its name has characters that cannot be shown; rename it.")
    known = hashes.known(path) if path.is_file() else ""
    spec = tell(path, known, choices).spec
    return replace(spec, sha256=known or hashes.known(weight_file(path)))


def _shown(text: str) -> str:
    """A name as it can stand in a page: a file's name may be bytes that are no text at all."""
    return "".join(each if each.isprintable() else "?" for each in text)


def _checkpoint_files(models: Path) -> Iterator[Path]:
    def wanted(path: Path) -> bool:
        suffixes = (".safetensors", *PICKLES)
        return path.suffix.lower() in suffixes or (path / "model_index.json").is_file()

    for root in (models / "bundled", models / "checkpoints"):
        yield from _files(root, wanted)


def _vaes(models: Path, hashes: HashCache) -> Iterator[VaeSpec]:
    def wanted(path: Path) -> bool:
        return path.suffix.lower() in _VAE_SUFFIXES or (path / WEIGHT_NAMES[0]).is_file()

    roots = _roots(models, "vae")
    found = {path.name: path for root in roots for path in _printable(root, wanted)}
    for path in found.values():
        file = path / WEIGHT_NAMES[0] if path.is_dir() else path
        yield VaeSpec(name=path.name, path=path, sha256=hashes.known(file))


def _adapters(models: Path, folder: AdapterFolder) -> dict[str, Path]:
    """By name without the suffix, folders within included.

    Of two files of one name in one folder the safetensors file is taken; in different folders, the
    second is called by its folder too, as "folder/name".
    """

    def wanted(path: Path) -> bool:
        preview = path.name.lower().endswith(".preview.png")
        return path.suffix.lower() in _ADAPTER_SUFFIXES[folder] and path.is_file() and not preview

    found: dict[str, Path] = {}
    for root in _roots(models, folder):
        own: dict[str, Path] = {}
        for inner in _folders(root):
            paths = _printable(inner, wanted)
            paths.sort(key=lambda path: path.suffix.lower() != ".safetensors")
            for path in {path.stem: path for path in reversed(paths)}.values():
                whole = path.relative_to(root).with_name(path.stem).as_posix()
                own.setdefault(whole if path.stem in own else path.stem, path)
        found |= own
    return dict(sorted(found.items(), key=lambda each: each[0].lower()))


def _folders(root: Path) -> list[Path]:
    """A folder and those within it that are not hidden, itself first."""
    found = []
    for place, inner, _ in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith(".") and name.isprintable())
        found.append(Path(place))
        if len(found) == MAX_FOLDERS:
            break
    return found


def _roots(models: Path, folder: str) -> tuple[Path, Path]:
    """What ships with the program, then the artist's own, which wins where names are the same."""
    return models / "bundled" / folder, models / folder


def _printable(root: Path, wanted: Callable[[Path], bool]) -> list[Path]:
    return [path for path in _files(root, wanted) if path.name.isprintable()]


def _files(root: Path, wanted: Callable[[Path], bool]) -> list[Path]:
    """What a folder itself holds, by name; hidden files and half-written ones are left out."""
    try:
        names = sorted(os.listdir(root), key=str.lower)[:MAX_LISTED]
    except OSError:
        return []
    return [root / name for name in names if not name.startswith(".") and wanted(root / name)]
