"""How near each part of a picture is, estimated by MiDaS.

Ranftl et al. 2020, "Towards Robust Monocular Depth Estimation" (arXiv 1907.01341), in the form of
DPT (Ranftl et al. 2021, arXiv 2103.13413).
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from transformers import DPTForDepthEstimation

from backend.engine.decode import Picture
from backend.engine.encode import to_pixels
from backend.engine.resize import size_of, stretched


@torch.inference_mode()
def estimate_depth(model: DPTForDepthEstimation, picture: Picture) -> np.ndarray:
    """Relative inverse depth, float32 (height, width), 0 (farthest) to 1 (nearest).

    `picture` is uint8 (height, width, 3) of any size; the model sees it square, at the side that
    its configuration names, from -1 to 1. A picture in which all is equally near gives 0.
    """
    side = model.config.image_size
    assert isinstance(side, int), "DPT is configured for square pictures"
    pixels = to_pixels(stretched(picture, (side, side))).to(model.device, model.dtype)
    near = model(pixel_values=pixels).predicted_depth[0].float().cpu().numpy()
    return _unit(cv2.resize(near, size_of(picture), interpolation=cv2.INTER_CUBIC))


def _unit(values: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros_like(values)
