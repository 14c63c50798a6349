"""Which VAE decodes a picture, and why, in words.

"Automatic" is a file in models/vae of exactly the checkpoint's name (`name.vae.safetensors` or
`name.safetensors`), else the one inside the checkpoint. A mere common beginning never matches.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.library.catalogue import Catalogue
from backend.models import VaeSpec

AUTOMATIC = "Automatic"
BUILT_IN = "Built in"


@dataclass(frozen=True)
class VaeChoice:
    """`vae` is None for the one inside the checkpoint; `reason` is a short sentence."""

    vae: VaeSpec | None
    reason: str


def choose_vae(catalogue: Catalogue, checkpoint: str, wanted: str) -> VaeChoice:
    """Resolve what the artist chose; raises `ModelError` for a file that is not there."""
    if wanted == BUILT_IN:
        return VaeChoice(None, "The one inside the checkpoint, as chosen.")
    if wanted != AUTOMATIC:
        return VaeChoice(catalogue.vae(wanted), "Chosen by name.")
    stem = Path(checkpoint).name.removesuffix(".safetensors")
    for vae in catalogue.vaes:
        if vae.name in (f"{stem}.vae.safetensors", f"{stem}.safetensors"):
            return VaeChoice(vae, f"{vae.name}: it has the checkpoint's name.")
    return VaeChoice(None, "The one inside the checkpoint: no VAE file has its name.")
