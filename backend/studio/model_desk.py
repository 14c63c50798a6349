"""What the Models tab shows and does: the folder's table, imports, conversions, downloads."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from backend.errors import InvalidRequest, ModelError
from backend.library.hub.download import SPARE_BYTES, download
from backend.library.importing import import_file, safe_name
from backend.library.library import Library
from backend.library.listing import Row
from backend.library.watch import Watch
from backend.models import Prediction
from backend.studio.model_work import ModelWork, WorkView

_PREDICTIONS: dict[str, Prediction] = {"epsilon": "epsilon", "v_prediction": "v_prediction"}


@dataclass(frozen=True, kw_only=True)
class ModelsView:
    """The models folder as it stands; `free` is what its disk has left, in bytes.

    `revision` is another number after every change of the rows.
    """

    revision: int
    rows: tuple[Row, ...]
    work: tuple[WorkView, ...]
    free: int
    hashing: bool


class ModelDeskLike(Protocol):
    """The page's door to the models folder; every method may raise `AtelierError`s."""

    @property
    def revision(self) -> int: ...

    def view(self) -> ModelsView: ...

    def refresh(self) -> None:
        """Look at the folder again."""
        ...

    def download(self, repository: str, file: str) -> int:
        """Begin to fetch a model from the hub; returns the work's number."""
        ...

    def convert(self, folder: str, file: str) -> int:
        """Begin to write a pickle's tensors as safetensors; returns the work's number."""
        ...

    def stop(self, number: int) -> bool:
        """Stop a piece of work, or forget one that is over."""
        ...

    def choose_prediction(self, name: str, prediction: str) -> None:
        """Remember how a checkpoint predicts ("epsilon" or "v_prediction")."""
        ...

    def draft(self, name: str, size: int) -> Path:
        """A place for the bytes of a file that is dropped on the page, which has `size` bytes."""
        ...

    def keep(self, draft: Path, name: str) -> str:
        """Put a filled draft where its kind belongs; returns a sentence that says where."""
        ...


class ModelDesk:
    """See `ModelDeskLike`; imports torch only where something is converted."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._work = ModelWork()

    @property
    def revision(self) -> int:
        return self._library.revision

    def view(self) -> ModelsView:
        return ModelsView(
            revision=self._library.revision,
            rows=self._library.rows,
            work=self._work.views(),
            free=shutil.disk_usage(self._library.models).free,
            hashing=self._library.hashing,
        )

    def refresh(self) -> None:
        self._library.refresh()

    def close(self) -> None:
        """Stop all work."""
        self._work.stop_all()

    def download(self, repository: str, file: str) -> int:
        repository, file = repository.strip(), file.strip()
        if not repository:
            raise InvalidRequest("repository", "Say which repository: a name like “owner/name”.")

        def fetch(watch: Watch) -> str:
            path = download(self._library.models, repository, file=file, watch=watch)
            self._library.refresh()
            return f"{path.name} is in models/{path.parent.name}."

        what = f"{repository}/{file}" if file else repository
        return self._work.start(f"Downloading {what[:120]}", fetch)

    def convert(self, folder: str, file: str) -> int:
        source = self._pickle(folder, file)
        target = source.with_suffix(".safetensors")

        def write(watch: Watch) -> str:
            from backend.library.convert import convert  # imports torch

            notes = convert(source, target, watch)
            self._library.refresh()
            return " ".join([f"{target.name} is beside it now.", *notes])

        return self._work.start(f"Converting {file}", write)

    def stop(self, number: int) -> bool:
        return self._work.stop(number)

    def choose_prediction(self, name: str, prediction: str) -> None:
        if prediction not in _PREDICTIONS:
            raise InvalidRequest("prediction", "A model predicts “epsilon” or “v_prediction”.")
        self._library.remember_prediction(name, _PREDICTIONS[prediction])

    def draft(self, name: str, size: int) -> Path:
        plain, folder = safe_name(name), self._library.models / ".library" / "imports"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(folder).free - SPARE_BYTES
        except OSError as error:
            raise ModelError(
                f"The models folder cannot be written to: {error.strerror}."
            ) from error
        if size > free:
            raise ModelError(
                f"“{plain}” takes {size / 1e9:.1f} GB, and the disk has {max(free, 0) / 1e9:.1f} "
                "GB to spare."
            )
        return folder / f"{secrets.token_hex(8)}.partial"

    def keep(self, draft: Path, name: str) -> str:
        path = import_file(self._library.models, draft, name)
        self._library.refresh()
        return f"{path.name} is in models/{path.parent.name}."

    def _pickle(self, folder: str, file: str) -> Path:
        """The file of a row that offers its conversion: a path from the page is never opened."""
        for row in self._library.rows:
            if (row.folder, row.file) == (folder, file) and row.convertible:
                return self._library.models / row.folder / row.file
        raise ModelError(f"“{file[:80]}” is not there to be converted.")
