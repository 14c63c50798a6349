"""Small pictures of a latent while it is being painted.

A method takes the predicted clean latent to colours; "Auto" is the best of them whose measured cost
stays under a small share of a step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from diffusers import AutoencoderKL, AutoencoderTiny

from backend.engine.decode import to_uint8
from backend.engine.device import synchronize
from backend.engine.fitted_map import FittedMap

# clean latent (1, 4, height, width) -> colours (1, 3, any height, any width), -1 to 1
Method = Callable[[torch.Tensor], torch.Tensor]

AUTO_SHARE = 0.05
LONGEST_SIDE = 512
JPEG_QUALITY = 80
PROBE_SIDE = 8  # cells


@dataclass(frozen=True)
class Previewer:
    """The methods that one model has, best first, and what they cost here.

    `methods` is in the names of `names.PREVIEW_METHODS` without "Auto" and "Off"; "Fitted linear"
    is always among them. `seconds_per_cell` of the latent is measured for all but that one.
    """

    methods: Mapping[str, Method]
    seconds_per_cell: Mapping[str, float]

    def preview(self, clean: torch.Tensor, method: str, step_seconds: float) -> bytes | None:
        """A JPEG of the clean latent (1, 4, height, width), or None for the method "Off".

        `step_seconds` is what a step takes, which "Auto" goes by. A method that this model does not
        have (TAESD without its file) gives the fitted linear one.
        """
        if method == "Off":
            return None
        cells = clean.shape[-2] * clean.shape[-1]
        name = self.affordable(cells, step_seconds) if method == "Auto" else method
        return jpeg(self.methods.get(name, self.methods["Fitted linear"])(clean))

    def affordable_preview(self, clean: torch.Tensor, seconds: float) -> bytes:
        """A JPEG of the latent by the best method that takes no more than so many seconds."""
        cells = clean.shape[-2] * clean.shape[-1]
        return jpeg(self.methods[self.affordable(cells, seconds / AUTO_SHARE)](clean))

    def affordable(self, cells: int, step_seconds: float) -> str:
        """The best method that costs at most `AUTO_SHARE` of a step for so many cells."""
        for name, cost in self.seconds_per_cell.items():
            if cost * cells <= AUTO_SHARE * step_seconds:
                return name
        return "Fitted linear"


@torch.inference_mode()
def previewer_for(
    vae: AutoencoderKL, taesd: AutoencoderTiny | None, fitted_map: FittedMap
) -> Previewer:
    """The methods for a loaded VAE, measured on a latent of 8 x 8 cells (two decodes each)."""
    methods: dict[str, Method] = {"Full VAE": lambda clean: _decode(vae, clean)}
    if taesd is not None:
        methods["TAESD"] = lambda clean: _decode(taesd, clean)
    channels = vae.config["latent_channels"]
    probe = torch.zeros(1, channels, PROBE_SIDE, PROBE_SIDE, device=vae.device)
    costs = {name: _seconds(method, probe) / PROBE_SIDE**2 for name, method in methods.items()}
    return Previewer({**methods, "Fitted linear": fitted_map}, costs)


def jpeg(colours: torch.Tensor) -> bytes:
    """(1, 3, height, width), -1 to 1, as a JPEG of at most 512 pixels on the longer side."""
    picture = to_uint8(colours)
    shrink = LONGEST_SIDE / max(picture.shape)
    if shrink < 1:
        picture = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    blue_first = np.ascontiguousarray(picture[:, :, ::-1])
    return cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def _decode(decoder: AutoencoderKL | AutoencoderTiny, clean: torch.Tensor) -> torch.Tensor:
    scaled = clean.to(decoder.device, decoder.dtype) / decoder.config["scaling_factor"]
    return decoder.decode(scaled, return_dict=False)[0]


def _seconds(method: Method, probe: torch.Tensor) -> float:
    method(probe)  # the first run builds kernels
    synchronize(probe.device)
    start = time.perf_counter()
    method(probe)
    synchronize(probe.device)
    return time.perf_counter() - start
