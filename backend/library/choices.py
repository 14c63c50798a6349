"""What the artist said about a checkpoint that no file says, remembered by the file's hash."""

from __future__ import annotations

import threading
from pathlib import Path

from backend.errors import ModelError
from backend.library.small_files import read_json, write_json
from backend.models import Prediction

_KNOWN: dict[str, Prediction] = {"epsilon": "epsilon", "v_prediction": "v_prediction"}


class Choices:
    """Predictions by sha256, kept in a small JSON file; safe to use from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._predictions = _read(path)

    def prediction(self, sha256: str) -> Prediction | None:
        """What was said about the file of that hash; None where nothing was."""
        return self._predictions.get(sha256) if sha256 else None

    def remember(self, sha256: str, prediction: Prediction) -> None:
        """Keep a choice; raises `ModelError` where it cannot be written."""
        with self._lock:
            self._predictions[sha256] = prediction
            try:
                if self._path:
                    write_json(self._path, self._predictions)
            except OSError as error:
                raise ModelError(
                    f"The choice could not be kept in the models folder: {error.strerror}."
                ) from error


def _read(path: Path | None) -> dict[str, Prediction]:
    try:
        stored = read_json(path) if path else {}
    except ModelError:
        return {}  # not there yet, or damaged: it will be asked again
    return {key: _KNOWN[str(value)] for key, value in stored.items() if str(value) in _KNOWN}
