"""The models folder, looked at again when asked, with hashes computed in the background."""

from __future__ import annotations

import threading
from pathlib import Path

from backend.library.catalogue import Catalogue, scan, weight_file
from backend.library.hashing import HashCache
from backend.library.vae_choice import VaeChoice, choose_vae
from backend.models import ModelSpec


class Library:
    """What can be painted with; reads no weights itself and imports no torch."""

    def __init__(self, models: Path) -> None:
        self.models = models
        self.hashes = HashCache()
        self._catalogue = scan(models, self.hashes)

    @property
    def catalogue(self) -> Catalogue:
        """What was found at the last look."""
        return self._catalogue

    def refresh(self) -> None:
        """Look at the folder again, and begin to hash what is new there."""
        self._catalogue = scan(self.models, self.hashes)
        threading.Thread(target=self._hash_all, name="hashing", daemon=True).start()

    def checkpoint(self, name: str) -> ModelSpec:
        """The checkpoint of that name; raises `ModelError`."""
        return self._catalogue.checkpoint(name)

    def vae(self, checkpoint: str, wanted: str) -> VaeChoice:
        """The VAE that a choice means for a checkpoint; raises `ModelError`."""
        return choose_vae(self._catalogue, checkpoint, wanted)

    def hash_of(self, spec: ModelSpec) -> str:
        """The checkpoint's sha256, computed now if it is not known yet."""
        return self.hashes.sha256(weight_file(spec.path))

    def _hash_all(self) -> None:
        catalogue = self._catalogue
        files = [weight_file(spec.path) for spec in catalogue.checkpoints]
        for path in [*files, *(vae.path for vae in catalogue.vaes)]:
            try:
                self.hashes.sha256(path)
            except OSError:
                continue  # taken away meanwhile: the next look will not list it
        self._catalogue = scan(self.models, self.hashes)
