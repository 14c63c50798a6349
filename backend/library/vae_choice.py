"""Which VAE decodes a picture, and why, in words.

"Automatic" is a file in models/vae of exactly the checkpoint's name and `.vae` (that is
`name.vae.safetensors`, also as `.pt` and its kin), else the one inside the checkpoint. A mere
common beginning never matches.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.library.catalogue import Catalogue
from backend.library.telling import PICKLES
from backend.models import VaeSpec
from backend.names import FROM_CHECKPOINT

AUTOMATIC = "Automatic"
BUILT_IN = "Built in"
_SUFFIXES = (".safetensors", *PICKLES)


@dataclass(frozen=True)
class VaeChoice:
    """`vae` is None for the one inside the checkpoint; `reason` is a short sentence."""

    vae: VaeSpec | None
    reason: str


def choose_vae(catalogue: Catalogue, checkpoint: str, wanted: str) -> VaeChoice:
    """Resolve what the artist chose; raises `ModelError` for a file that is not there.

    "From checkpoint: NAME" takes the VAE inside another checkpoint.
    """
    if wanted == BUILT_IN:
        return VaeChoice(None, "The one inside the checkpoint, as chosen.")
    if wanted.startswith(FROM_CHECKPOINT):
        return _from_checkpoint(catalogue, checkpoint, wanted)
    if wanted != AUTOMATIC:
        return VaeChoice(catalogue.vae(wanted), "Chosen by name.")
    stem = _stem(checkpoint)
    names = [f"{stem}.vae{suffix}" for suffix in _SUFFIXES]
    own = {vae.name: vae for vae in catalogue.vaes}
    for name in names:
        if name in own:
            return VaeChoice(own[name], f"{name}: it has the checkpoint's name.")
    return VaeChoice(None, f"The one inside the checkpoint: there is no {stem}.vae file.")


def _from_checkpoint(catalogue: Catalogue, checkpoint: str, wanted: str) -> VaeChoice:
    spec = catalogue.checkpoint(wanted.removeprefix(FROM_CHECKPOINT))
    if spec.name == checkpoint:
        return VaeChoice(None, "The one inside the checkpoint, as chosen.")
    vae = VaeSpec(name=wanted, path=spec.path, sha256=spec.sha256)
    return VaeChoice(vae, f"The one inside {spec.name}, as chosen.")


def _stem(checkpoint: str) -> str:
    """A checkpoint's name without the suffix of a file; a folder's name has none to lose."""
    name = Path(checkpoint).name
    return next((name.removesuffix(each) for each in _SUFFIXES if name.endswith(each)), name)
