"""The start of each task: noise alone, or a picture with noise at a strength.

All chance is drawn from one source in the order of the diffusers pipeline of the same task, so
that a seed means the same picture there (pipeline_stable_diffusion_{img2img,inpaint,depth2img}.py).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from backend.engine.canvas import Canvas
from backend.engine.decode import Picture
from backend.engine.masked_start import from_masked
from backend.engine.start import Setting, Start, from_noise, noised
from backend.tasks import Inpaint, PictureTask, Task


def start_for(task: Task, setting: Setting, canvas: Canvas | None) -> Start:
    """The start of a task; `canvas` is what `canvas_for` made of its picture."""
    if canvas is None:
        return from_noise(setting.noise(), setting.scheduler)
    if isinstance(task, Inpaint):
        return from_masked(setting, canvas, task)
    assert isinstance(task, PictureTask), "a canvas belongs to a picture task"
    start = from_picture(setting, canvas.source, task.strength)
    return start if canvas.depth is None else with_depth(start, canvas.depth, setting)


def from_picture(setting: Setting, picture: Picture, strength: float) -> Start:
    """Image to image: an encoded picture (height, width, 3) with noise at `strength` (0 to 1).

    This is SDEdit (Meng et al. 2021, arXiv 2108.01073).
    """
    clean = setting.encoded(picture)
    return noised(setting.scheduler, setting.steps, clean, setting.noise(), strength)


def with_depth(start: Start, depth: np.ndarray, setting: Setting) -> Start:
    """The same start with the depth map as a fifth channel, as Stable Diffusion 2's depth model.

    `depth` is float32 (height, width), larger is nearer, in any range.
    """
    channel = depth_channel(depth, setting.size)
    return replace(start, channels=channel.to(setting.model.device, setting.model.dtype))


def depth_channel(depth: np.ndarray, size: tuple[int, int]) -> torch.Tensor:
    """A depth map as a depth model sees it, fp32 (1, 1, down, across) for `size` (across, down).

    It is resized to the latent and brought to -1 (far) to 1 (near); a flat one becomes 0.
    """
    across, down = size
    wide = torch.from_numpy(depth)[None, None]
    small = torch.nn.functional.interpolate(wide, size=(down, across), mode="bicubic")
    low, high = small.amin(), small.amax()
    return 2 * (small - low) / (high - low) - 1 if high > low else torch.zeros_like(small)
