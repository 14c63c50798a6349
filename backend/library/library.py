"""The models folder, looked at again when asked, with hashes computed in the background."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from backend.errors import ModelError
from backend.library.catalogue import Catalogue, scan
from backend.library.choices import Choices
from backend.library.hashing import HashCache
from backend.library.telling import WEIGHT_NAMES, weight_file
from backend.library.vae_choice import VaeChoice, choose_vae
from backend.models import ModelSpec, Prediction, VaeSpec

_MEMORY = ".library"  # a folder in the models folder for what the program remembers of it


class Library:
    """What can be painted with; reads no weights itself and imports no torch."""

    def __init__(self, models: Path) -> None:
        self.models = models
        self.hashes = HashCache(models / _MEMORY / "hashes.json")
        self.choices = Choices(models / _MEMORY / "predictions.json")
        self._catalogue = self._scan()
        self._hashing = threading.Lock()

    @property
    def catalogue(self) -> Catalogue:
        """What was found at the last look."""
        return self._catalogue

    def refresh(self) -> None:
        """Look at the folder again, and begin to hash what is new there."""
        self._catalogue = self._scan()
        threading.Thread(target=self._hash_all, name="hashing", daemon=True).start()

    def checkpoint(self, name: str) -> ModelSpec:
        """The checkpoint of that name; raises `ModelError`."""
        return self._catalogue.checkpoint(name)

    def vae(self, checkpoint: str, wanted: str) -> VaeChoice:
        """The VAE that a choice means for a checkpoint; raises `ModelError`."""
        return choose_vae(self._catalogue, checkpoint, wanted)

    def hash_of(self, spec: ModelSpec) -> str:
        """The checkpoint's sha256, computed now if it is not known yet; raises `ModelError`."""
        try:
            return self.hashes.sha256(weight_file(spec.path))
        except OSError as error:
            raise ModelError(f"“{spec.name}” cannot be read: {error.strerror}.") from error

    def hash_of_vae(self, vae: VaeSpec) -> str:
        """The sha256 of the file a VAE is in, computed now if unknown; raises `ModelError`."""
        try:
            return self.hashes.sha256(_hashed_file(vae.path))
        except OSError as error:
            raise ModelError(f"“{vae.name}” cannot be read: {error.strerror}.") from error

    def remember_prediction(self, name: str, prediction: Prediction) -> None:
        """Keep, by the file's hash, how the artist says that a checkpoint predicts.

        Only for single files: a folder's own configuration says it. Raises `ModelError`.
        """
        spec = self.checkpoint(name)
        if spec.path.is_dir():
            raise ModelError(f"“{name}” says itself how it predicts, in its scheduler's file.")
        self.choices.remember(self.hash_of(spec), prediction)
        self._catalogue = self._scan()

    def _scan(self) -> Catalogue:
        return scan(self.models, self.hashes, self.choices)

    def _hash_all(self) -> None:
        with self._hashing:  # a second refresh waits, and then finds most of it done
            catalogue = self._catalogue
            files = [spec.path for spec in catalogue.checkpoints]
            for path in [*files, *(vae.path for vae in catalogue.vaes)]:
                self._hash(path)
            self._catalogue = self._scan()

    def _hash(self, path: Path) -> None:
        # A file that was taken away meanwhile is not listed at the next look.
        with contextlib.suppress(OSError, ModelError):
            self.hashes.sha256(_hashed_file(path))


def _hashed_file(path: Path) -> Path:
    """Of a checkpoint or a VAE, file or folder, the file that is hashed."""
    loose = path / WEIGHT_NAMES[0]
    return loose if loose.is_file() else weight_file(path)
