"""The depth estimator's file: the artist's own MiDaS in models/depth, else a bundled one."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import DPTForDepthEstimation

from backend.engine.depth import estimate_depth
from backend.engine.device import Device
from backend.errors import ModelError
from backend.library.loose_files import is_depth_estimator
from backend.library.side_models import load_depth_estimator


class DepthEstimator:
    """Loads the estimator when depth is first asked for, and keeps it; safe in any thread.

    The last map is kept too: what the page has shown of a picture is painted from next.
    """

    def __init__(self, models: Path, device: Device) -> None:
        self._folders = (models / "depth", models / "bundled")
        self._device = device
        self._lock = threading.Lock()
        self._loaded: tuple[Path, DPTForDepthEstimation] | None = None
        self._last: tuple[tuple[Path, str], np.ndarray] | None = None

    def name(self) -> str:
        """The folder of the estimator; raises `ModelError` where there is none."""
        return self._folder().name

    def estimate(self, picture: np.ndarray) -> np.ndarray:
        """See `engine.depth.estimate_depth`; raises `ModelError` where there is no estimator."""
        folder = self._folder()
        key = (folder, hashlib.sha256(picture.tobytes()).hexdigest())
        with self._lock:
            if self._last is None or self._last[0] != key:
                self._last = (key, estimate_depth(self._model(folder), picture))
            return self._last[1]

    def _model(self, folder: Path) -> DPTForDepthEstimation:
        if self._loaded is None or self._loaded[0] != folder:
            self._loaded = None  # its memory is free before the next one loads
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
        # Eight bits of bf16 would show as steps in the map.
        dtype = torch.float16 if self._device.dtype == torch.float16 else torch.float32
        nn.Module.to(model, device=self._device.device, dtype=dtype)
        return model
