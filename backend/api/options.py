"""A1111's settings as far as they mean something here: the model, the VAE, clip skip."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

from backend.api.unsupported import refuse_setting
from backend.errors import InvalidRequest
from backend.models import ModelSpec
from backend.request import MAX_CLIP_SKIP, ModelChoice
from backend.studio.views import StudioLike

_AUTOMATIC_NAMES = ("Automatic", "automatic", "", None)
_BUILT_IN_NAMES = ("None", "Built in")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What an API client paints with unless its request says otherwise."""

    checkpoint: str
    vae: str = "Automatic"
    clip_skip: int = 1

    @property
    def model(self) -> ModelChoice:
        return ModelChoice(checkpoint=self.checkpoint, vae=self.vae)


class OptionStore:
    """The API's options; the page has its own, so neither changes what the other paints with."""

    def __init__(self, studio: StudioLike) -> None:
        self._studio = studio
        self._lock = threading.RLock()
        self._chosen: Options | None = None

    def current(self) -> Options:
        """The options in force; raises `InvalidRequest` where there is no checkpoint at all."""
        with self._lock:
            if self._chosen is not None:
                return self._chosen
        found = self._studio.checkpoints()
        if not found:
            raise InvalidRequest("sd_model_checkpoint", "There is no checkpoint to paint with.")
        return Options(checkpoint=found[0].name)

    def change(self, values: dict[str, Any]) -> None:
        """Change them for all later requests; raises `InvalidRequest`."""
        with self._lock:  # from reading to writing: two at once must both be in force
            self._chosen = self.overridden(values)

    def overridden(self, values: dict[str, Any]) -> Options:
        """The options with these A1111 settings in place of some; nothing is changed."""
        options = self.current()
        for name, value in values.items():
            options = self._apply(options, name, value)
        return options

    def _apply(self, options: Options, name: str, value: Any) -> Options:
        if name == "sd_model_checkpoint" and value is not None:
            return replace(options, checkpoint=self._checkpoint(str(value)))
        if name == "sd_vae":
            return replace(options, vae=self._vae(value))
        if name == "CLIP_stop_at_last_layers":
            return replace(options, clip_skip=_clip_skip(value))
        refuse_setting(name, value)
        return options

    def _checkpoint(self, wanted: str) -> str:
        """By title, name, or hash, as A1111 accepts them."""
        for spec in self._studio.checkpoints():
            if wanted and wanted in (title(spec), spec.name, spec.short_hash, spec.sha256):
                return spec.name
        raise InvalidRequest(
            "sd_model_checkpoint", f"There is no checkpoint called “{wanted[:80]}”."
        )

    def _vae(self, wanted: Any) -> str:
        if wanted in _AUTOMATIC_NAMES:
            return "Automatic"
        if wanted in _BUILT_IN_NAMES:
            return "Built in"
        for vae in self._studio.vaes():
            # Clients know A1111's names, which keep the file's ending.
            if wanted in (vae.name, vae.path.name):
                return vae.name
        raise InvalidRequest("sd_vae", f"There is no VAE file called “{str(wanted)[:80]}”.")


def _clip_skip(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_CLIP_SKIP:
        raise InvalidRequest(
            "CLIP_stop_at_last_layers",
            f"CLIP_stop_at_last_layers must be a whole number from 1 to {MAX_CLIP_SKIP}.",
        )
    return value


def title(spec: ModelSpec) -> str:
    """A checkpoint as A1111 titles it: "name [hash]"."""
    return f"{spec.name} [{spec.short_hash}]" if spec.sha256 else spec.name
