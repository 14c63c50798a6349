"""The depth estimator's file: the artist's own MiDaS in models/depth, else a bundled one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import nn
from transformers import DPTForDepthEstimation

from backend.engine.depth import estimate_depth
from backend.engine.device import Device
from backend.errors import ModelError


class DepthEstimator:
    """Loads the estimator when depth is first asked for, and keeps it; for one thread."""

    def __init__(self, models: Path, device: Device) -> None:
        self._folders = (models / "depth", models / "bundled")
        self._device = device
        self._loaded: tuple[Path, DPTForDepthEstimation] | None = None

    def estimate(self, picture: np.ndarray) -> np.ndarray:
        """See `engine.depth.estimate_depth`; raises `ModelError` where there is no estimator."""
        return estimate_depth(self._model(), picture)

    def _model(self) -> DPTForDepthEstimation:
        folder = self._folder()
        if self._loaded is None or self._loaded[0] != folder:
            self._loaded = (folder, self._load(folder))
        return self._loaded[1]

    def _folder(self) -> Path:
        for root in self._folders:
            for config in sorted(root.glob("*/config.json")):
                if '"dpt"' in config.read_text("utf-8"):
                    return config.parent
        raise ModelError(
            "There is no depth estimator; put the folder of Intel/dpt-hybrid-midas into "
            "models/depth, or bring a depth map of your own."
        )

    def _load(self, folder: Path) -> DPTForDepthEstimation:
        try:
            model = DPTForDepthEstimation.from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"The depth estimator in {folder.name} cannot be loaded.") from error
        nn.Module.to(model, device=self._device.device, dtype=self._device.dtype)
        return model.eval()
