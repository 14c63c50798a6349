"""What previews need on disk: TAESD where the artist put it, and the fitted maps made here."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from diffusers import AutoencoderKL, AutoencoderTiny
from torch import nn

from backend.engine.components import Components
from backend.engine.fitted_map import FittedMap, fit
from backend.engine.painter import Painter
from backend.engine.preview import Previewer, previewer_for
from backend.errors import ModelError
from backend.library.side_models import load_preview_decoder

log = logging.getLogger(__name__)


class PreviewFiles:
    """The folder models/preview: `taesd/` is the artist's, `fitted/` is ours and may be deleted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def painter(self, components: Components, vae_hash: str) -> Painter:
        """A painter with its previews; the linear map is fitted once for each VAE's hash."""
        kept = self._kept_map(vae_hash)
        painter = Painter(components, taesd=self._taesd(components.vae), fitted_map=kept)
        if kept is None:
            self._keep_map(vae_hash, painter.fitted_map)
        return painter

    def previewer(self, vae: AutoencoderKL, vae_hash: str) -> Previewer:
        """The ways to look at a VAE's latents where there is no painter for it."""
        kept = self._kept_map(vae_hash)
        fitted = kept or fit(vae)
        if kept is None:
            self._keep_map(vae_hash, fitted)
        return previewer_for(vae, self._taesd(vae), fitted)

    def _taesd(self, vae: AutoencoderKL) -> AutoencoderTiny | None:
        folder = self._folder / "taesd"
        if not (folder / "diffusion_pytorch_model.safetensors").is_file():
            return None
        try:
            taesd = load_preview_decoder(folder, vae.dtype)
        except ModelError as error:
            log.warning("TAESD in %s cannot be used: %s", folder, error)
            return None
        nn.Module.to(taesd, device=vae.device, dtype=vae.dtype)
        return taesd

    def _file(self, vae_hash: str) -> Path:
        return self._folder / "fitted" / f"{vae_hash}.json"

    def _kept_map(self, vae_hash: str) -> FittedMap | None:
        try:
            return FittedMap.from_dict(json.loads(self._file(vae_hash).read_text("utf-8")))
        except (OSError, ValueError):
            return None

    def _keep_map(self, vae_hash: str, fitted: FittedMap) -> None:
        path = self._file(vae_hash)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(fitted.to_dict()), "utf-8")
        except OSError as error:
            log.warning("The fitted preview map is made anew next time: %s", error)
