"""The depth estimator's file: the artist's own MiDaS in models/depth, else a bundled one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import nn
from transformers import DPTForDepthEstimation

from backend.engine.depth import estimate_depth
from backend.engine.device import Device
from backend.errors import ModelError
from backend.library.loose_files import is_depth_estimator
from backend.library.side_models import load_depth_estimator


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
                if is_depth_estimator(config.parent):
                    return config.parent
        raise ModelError(
            "There is no depth estimator; put the folder of Intel/dpt-hybrid-midas into "
            "models/depth, or bring a depth map of your own."
        )

    def _load(self, folder: Path) -> DPTForDepthEstimation:
        model = load_depth_estimator(folder)
        nn.Module.to(model, device=self._device.device, dtype=self._device.dtype)
        return model
