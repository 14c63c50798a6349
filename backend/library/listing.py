"""Everything in the models folder as rows of a table, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.library.catalogue import Catalogue
from backend.models import ModelSpec, VaeSpec

_FAMILIES = {"sd1": "Stable Diffusion 1", "sd2": "Stable Diffusion 2"}
_KINDS = {"base": "checkpoint", "inpaint": "inpainting", "depth": "depth to image"}
_PREDICTIONS = {"epsilon": "", "v_prediction": ", predicts v"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One file or folder.

    `size` is in bytes, `changed` in seconds since 1970; both are 0 where they cannot be read.
    `sha256` is empty while it is not known. `state` is empty where all is well, else a sentence.
    """

    name: str
    kind: str
    family: str = ""
    size: int = 0
    changed: float = 0.0
    sha256: str = ""
    state: str = ""


def rows(catalogue: Catalogue) -> Iterator[Row]:
    """Checkpoints, VAE files, adapters, and at the end what cannot be used."""
    twins = catalogue.twins()
    for spec in catalogue.checkpoints:
        yield _checkpoint(spec, twins.get(spec.name, ""))
    for vae in catalogue.vaes:
        yield _vae(vae)
    for kind, files in (
        ("textual inversion", catalogue.embeddings),
        ("LoRA", catalogue.loras),
        ("hypernetwork", catalogue.hypernetworks),
    ):
        for name, path in files.items():
            size, changed = _measure(path)
            yield Row(name=name, kind=kind, size=size, changed=changed)
    for name, sentence in catalogue.problems.items():
        yield Row(name=name, kind="unusable", state=sentence)


def _checkpoint(spec: ModelSpec, twin: str) -> Row:
    size, changed = _measure(spec.path)
    return Row(
        name=spec.name,
        kind=_KINDS[spec.kind] + _PREDICTIONS[spec.prediction],
        family=_FAMILIES[spec.family],
        size=size,
        changed=changed,
        sha256=spec.sha256,
        state=f"The same content as {twin}." if twin else "",
    )


def _vae(vae: VaeSpec) -> Row:
    size, changed = _measure(vae.path)
    return Row(name=vae.name, kind="VAE", size=size, changed=changed, sha256=vae.sha256)


def _measure(path: Path) -> tuple[int, float]:
    """Bytes and time of change of a file, or of a folder's weights together."""
    try:
        stats = [each.stat() for each in path.glob("*/*.safetensors")] if path.is_dir() else []
        stats.append(path.stat())
    except OSError:
        return 0, 0.0
    size = sum(each.st_size for each in stats[:-1]) if path.is_dir() else stats[-1].st_size
    return size, max(each.st_mtime for each in stats)
