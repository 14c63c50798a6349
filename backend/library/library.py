"""The models folder, looked at again when asked, with hashes computed in the background."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

from backend.errors import ModelError, Stopped
from backend.library.catalogue import Catalogue, scan
from backend.library.choices import Choices
from backend.library.hashing import HashCache, identity
from backend.library.header import read_header
from backend.library.listing import Row, hashed_file, rows
from backend.library.settling import Settling
from backend.library.telling import weight_file
from backend.library.vae_choice import VaeChoice, choose_vae
from backend.library.watch import Watch
from backend.models import ModelSpec, Prediction, VaeSpec

WATCH_SECONDS = 2.0
SHOW_HASHES_SECONDS = 2.0
_FLAT = ("vae", "embeddings", "loras", "hypernetworks")
# What is looked at for changes: files, folders, and the parts of diffusers folders.
_WATCHED = (
    *((folder, "*") for folder in ("bundled", "checkpoints", "depth", *_FLAT)),
    *((f"bundled/{folder}", "*") for folder in _FLAT),
    *((folder, "*/*") for folder in ("bundled", "checkpoints", "depth", *_FLAT)),
    *((folder, "*/*/*") for folder in ("bundled", "checkpoints")),
    ("preview", "taesd/*"),
)
_MEMORY = ".library"  # a folder in the models folder for what the program remembers of it


class Library:
    """What can be painted with; reads no weights itself and imports no torch."""

    def __init__(self, models: Path) -> None:
        self.models = models
        self.hashes = HashCache(models / _MEMORY / "hashes.json")
        self.choices = Choices(models / _MEMORY / "predictions.json")
        self._looking = threading.Lock()
        self._hashing = threading.Lock()
        self._closed = threading.Event()
        self.revision = 0
        # Before the look: what comes while it is taken, or before watching begins, is news.
        self._at_first = self._signature()
        self._look()

    @property
    def catalogue(self) -> Catalogue:
        """What was found at the last look."""
        return self._catalogue

    @property
    def rows(self) -> tuple[Row, ...]:
        """The same and everything else in the folder as rows of a table."""
        return self._rows

    @property
    def hashing(self) -> bool:
        """Whether files are being hashed at this moment."""
        return self._hashing.locked()

    def refresh(self) -> None:
        """Look at the folder again, and begin to hash what is new there."""
        self._look()
        threading.Thread(target=self._hash_all, name="hashing", daemon=True).start()

    def watch(self, every: float = WATCH_SECONDS) -> None:
        """From now on look at the folder by itself once something in it has changed and rests.

        A file that still grows, such as a copy of several gigabytes, is left alone until it is
        whole. `every` is in seconds.
        """
        threading.Thread(target=self._watch, args=[every], name="models", daemon=True).start()

    def close(self) -> None:
        """End watching."""
        self._closed.set()

    def checkpoint(self, name: str) -> ModelSpec:
        """The checkpoint of that name; raises `ModelError`."""
        return self._catalogue.checkpoint(name)

    def vae(self, checkpoint: str, wanted: str) -> VaeChoice:
        """The VAE that a choice means for a checkpoint; raises `ModelError`."""
        return choose_vae(self._catalogue, checkpoint, wanted)

    def known_hash(self, spec: ModelSpec) -> str:
        """The checkpoint's sha256 where it has been computed; raises `ModelError` if it is gone."""
        return self.hashes.known(weight_file(spec.path))

    def hash_of(self, spec: ModelSpec, watch: Watch | None = None) -> str:
        """The checkpoint's sha256, computed now if it is not known yet.

        Raises `ModelError`, and `Stopped`.
        """
        try:
            return self.hashes.sha256(weight_file(spec.path), watch)
        except OSError as error:
            raise ModelError(f"“{spec.name}” cannot be read: {error.strerror}.") from error

    def hash_of_vae(self, vae: VaeSpec) -> str:
        """The sha256 of the file a VAE is in, computed now if unknown; raises `ModelError`."""
        try:
            return self.hashes.sha256(hashed_file(vae.path))
        except OSError as error:
            raise ModelError(f"“{vae.name}” cannot be read: {error.strerror}.") from error

    def hash_of_own_vae(self, spec: ModelSpec) -> str:
        """The sha256 of the file that a checkpoint's own VAE is in; raises `ModelError`."""
        inside = spec.path / "vae" if spec.path.is_dir() else spec.path
        return self.hash_of_vae(VaeSpec(name=spec.name, path=inside))

    def hash_of_adapter(self, path: Path) -> str:
        """The 12 hex digits that infotext names an embedding or a hypernetwork by, of its sha256.

        Raises `ModelError`.
        """
        return self._hash_adapter(path, self.hashes.sha256)

    def hash_of_lora(self, path: Path) -> str:
        """The 12 hex digits that infotext names a LoRA by; raises `ModelError`.

        Of a safetensors file they are those of its tensors alone, as kohya's trainer and A1111 have
        them.
        """
        if path.suffix.lower() != ".safetensors":
            return self.hash_of_adapter(path)
        start = read_header(path).data_start
        return self._hash_adapter(path, lambda it: self.hashes.sha256_of_tensors(it, start))

    def _hash_adapter(self, path: Path, compute: Callable[[Path], str]) -> str:
        try:
            return compute(path)[:12]
        except OSError as error:
            raise ModelError(f"“{path.name}” cannot be read: {error.strerror}.") from error

    def remember_prediction(self, name: str, prediction: Prediction) -> None:
        """Keep, by the file's hash, how the artist says that a checkpoint predicts.

        Only for single files: a folder's own configuration says it. Raises `ModelError`.
        """
        spec = self.checkpoint(name)
        if spec.path.is_dir():
            raise ModelError(f"“{name}” says itself how it predicts, in its scheduler's file.")
        self.choices.remember(self.hash_of(spec), prediction)
        self._look()

    def _look(self) -> None:
        """Take the folder in as it is; what is new in it makes a new revision."""
        with self._looking:
            self._catalogue = scan(self.models, self.hashes, self.choices)
            before = self._rows if self.revision else None
            self._rows = rows(self.models, self._catalogue, self.hashes, self.choices)
            self.revision += self._rows != before

    def _watch(self, every: float) -> None:
        folder = Settling(self._at_first)
        while not self._closed.wait(every):
            if folder.news(self._signature()):
                self.refresh()

    def _signature(self) -> frozenset:
        """What the folder's files are, without opening one; hidden ones are drafts."""
        found = set()
        for folder, pattern in _WATCHED:
            for path in (self.models / folder).glob(pattern):
                with contextlib.suppress(OSError):  # taken away at this moment
                    if not path.name.startswith("."):
                        found.add(identity(path))
        return frozenset(found)

    def _hash_all(self) -> None:
        with self._hashing:  # a second refresh waits, and then finds most of it done
            looked = time.monotonic()
            for row in self._rows:
                if row.sha256 or self._closed.is_set():
                    continue
                self._hash(self.models / row.folder / row.file)
                if time.monotonic() - looked > SHOW_HASHES_SECONDS:
                    self._look()
                    looked = time.monotonic()
            self._look()

    def _hash(self, path: Path) -> None:
        # A file that was taken away meanwhile is not listed at the next look.
        with contextlib.suppress(OSError, ModelError, Stopped):
            self.hashes.sha256(hashed_file(path), Watch(stop=self._closed.is_set))
