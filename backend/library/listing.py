"""Everything in the models folder as rows of a table, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from backend.errors import ModelError
from backend.library.catalogue import Catalogue
from backend.library.choices import Choices
from backend.library.hashing import HashCache
from backend.library.loose_files import is_depth_estimator, tell_loose
from backend.library.telling import PICKLES, WEIGHT_NAMES, Finding, tell, weight_file
from backend.models import ModelSpec, Prediction

_FAMILY_NAMES = {"sd1": "Stable Diffusion 1", "sd2": "Stable Diffusion 2"}
_KIND_NAMES = {"base": "checkpoint", "inpaint": "inpainting", "depth": "depth to image"}
_CALLED = {"embeddings": "textual inversion", "loras": "LoRA", "hypernetworks": "hypernetwork"}
_PICKLE = "A pickle, a format that can carry programs: it is opened in a process of its own. "
_CONVERTIBLE = ("checkpoints", "vae", "embeddings", "loras", "hypernetworks")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One file or folder; `folder` and `file` say where it lies below the models folder.

    `size` is in bytes, `changed` in seconds since 1970; both are 0 where they cannot be read.
    `sha256` is empty while it is not known. `state` is empty where all is well, else a sentence;
    `usable` tells whether it can be painted with all the same. `prediction` and `why` are told of
    checkpoints; `open_choice` says that nothing in the file decides it, so that the artist may.
    """

    name: str
    kind: str
    folder: str
    file: str
    family: str = ""
    size: int = 0
    changed: float = 0.0
    sha256: str = ""
    state: str = ""
    usable: bool = True
    convertible: bool = False
    prediction: Prediction | None = None
    why: str = ""
    open_choice: bool = False


def rows(
    models: Path, catalogue: Catalogue, hashes: HashCache, choices: Choices
) -> tuple[Row, ...]:
    """Checkpoints and what is wrong with some, VAE files, adapters, depth estimators, previews."""
    found = [
        *(_checkpoint(models, spec, choices) for spec in catalogue.checkpoints),
        *_problems(models, catalogue),
        *(_loose(models, vae.path, vae.name, "VAE") for vae in catalogue.vaes),
        *_adapters(models, catalogue),
        *_estimators(models),
    ]
    return tuple(_with_twins(_hashed(models, row, hashes) for row in found))


def _checkpoint(models: Path, spec: ModelSpec, choices: Choices) -> Row:
    try:
        finding = tell(spec.path, spec.sha256, choices)
    except ModelError:  # exchanged since the last look
        finding = Finding(spec)
    reasons = finding.reasons
    size, changed = _measure(spec.path)
    return Row(
        name=spec.name,
        kind=_KIND_NAMES[spec.kind],
        folder=_folder_of(models, spec.path),
        file=spec.path.name,
        family=_FAMILY_NAMES[spec.family],
        size=size,
        changed=changed,
        prediction=spec.prediction,
        why=reasons.get("prediction", reasons.get("all", "")),
        open_choice=finding.open_choice,
    )


def _problems(models: Path, catalogue: Catalogue) -> Iterator[Row]:
    for name, sentence in catalogue.problems.items():
        path = catalogue.problem_paths.get(name, models / "checkpoints" / name)
        size, changed = _measure(path)
        row = Row(
            name=name, kind="checkpoint", folder=_folder_of(models, path), file=path.name,
            size=size, changed=changed, state=sentence, usable=False,
        )  # fmt: skip
        yield _offered(row, path) if path in catalogue.convertible else row


def _adapters(models: Path, catalogue: Catalogue) -> Iterator[Row]:
    for folder, kind in _CALLED.items():
        for name, path in getattr(catalogue, folder).items():
            yield _loose(models, path, name, kind)


def _loose(models: Path, path: Path, name: str, kind: str) -> Row:
    folder = _folder_of(models, path)
    told = tell_loose(path, _sort_of(folder))
    size, changed = _measure(path)
    row = Row(
        name=name,
        kind=kind,
        folder=folder,
        file=path.name,
        family=told.family,
        size=size,
        changed=changed,
        state=told.fault,
        usable=not told.fault,
    )
    if path.suffix.lower() in PICKLES:
        return _offered(replace(row, state=_PICKLE + "Converted, it loads at once."), path)
    return row


def _offered(row: Row, path: Path) -> Row:
    """A pickle's row, which offers to convert it unless that has been done."""
    converted = path.with_suffix(".safetensors")
    if converted.exists():
        sentence = f"Converted: {converted.name} is used in its place, and it may be deleted."
        return replace(row, state=sentence)
    return replace(row, convertible=row.folder.split("/")[0] in _CONVERTIBLE)


def _estimators(models: Path) -> Iterator[Row]:
    for root, folder in ((models / "depth", "depth"), (models / "bundled", "bundled")):
        for config in sorted(root.glob("*/config.json")):
            if is_depth_estimator(config.parent):
                yield _folder_row(config.parent, folder, "depth estimator")
    taesd = models / "preview" / "taesd"
    if (taesd / WEIGHT_NAMES[0]).is_file():
        yield _folder_row(taesd, "preview", "preview decoder (TAESD)")


def _folder_row(path: Path, folder: str, kind: str) -> Row:
    size, changed = _measure(path)
    return Row(name=path.name, kind=kind, folder=folder, file=path.name, size=size, changed=changed)


def _hashed(models: Path, row: Row, hashes: HashCache) -> Row:
    path = file_of(models, row.folder, row.file)
    try:
        return replace(row, sha256=hashes.known(hashed_file(path)))
    except ModelError:
        return row


def _with_twins(found: Iterator[Row]) -> Iterator[Row]:
    """Say of each file whose content an earlier one has already that it is the same."""
    first: dict[str, str] = {}
    for row in found:
        earlier = first.setdefault(row.sha256, row.name) if row.sha256 else row.name
        if earlier != row.name and not row.state:
            yield replace(row, state=f"The same content as {earlier}.")
        else:
            yield row


def file_of(models: Path, folder: str, file: str) -> Path:
    """Where a row's file or folder lies."""
    return models / folder / file


def hashed_file(path: Path) -> Path:
    """Of a checkpoint, a VAE or another model, file or folder, the file that is hashed.

    Raises `ModelError` where there is none.
    """
    loose = (path / name for name in (*WEIGHT_NAMES, "model.safetensors"))
    return next((file for file in loose if file.is_file()), None) or weight_file(path)


def _folder_of(models: Path, path: Path) -> str:
    """Such as "vae", "bundled/vae" for what ships with the program, or "loras/mine"."""
    return path.parent.relative_to(models).as_posix()


def _sort_of(folder: str) -> str:
    """What a folder is for, as the models folder's own folders are called."""
    return folder.removeprefix("bundled/").split("/")[0]


def _measure(path: Path) -> tuple[int, float]:
    """Bytes and time of change of a file, or of a folder's weights together."""
    try:
        if path.is_dir():
            weights = [*path.glob("*.safetensors"), *path.glob("*/*.safetensors")]
            stats = [each.stat() for each in weights]
        else:
            stats = [path.stat()]
        newest = max((each.st_mtime for each in stats), default=path.stat().st_mtime)
        return sum(each.st_size for each in stats), newest
    except OSError:
        return 0, 0.0
