"""The start of inpainting, on a base checkpoint or on one with 9 input channels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from backend.engine import masks
from backend.engine.canvas import Canvas, MaskedPart
from backend.engine.encode import encode, to_pixels
from backend.engine.keep import Keep
from backend.engine.kinds import kind_of
from backend.engine.samplers import skip_steps
from backend.engine.start import Setting, Start, from_noise, noised
from backend.tasks import Inpaint, MaskedContent


def from_masked(setting: Setting, canvas: Canvas, task: Inpaint) -> Start:
    """The picture with noise at the task's strength; at strength 1 noise alone.

    On a base checkpoint what is kept is put back after each evaluation. An inpainting checkpoint
    sees it instead, as five more channels, and needs it put back only with soft inpainting.
    """
    part = canvas.masked
    assert part is not None, "canvas_for gives every inpainting task its masked part"
    sees_mask = kind_of(setting.model) == "inpaint"
    puts_back = task.soft or not sees_mask
    # The order of these three is that in which diffusers draws.
    needed = puts_back or task.strength < 1
    clean = setting.encoded(canvas.source) if needed else None
    noise = setting.noise()
    channels = _mask_channels(setting, part) if sees_mask else _unused_draw(setting)
    start = replace(_noised(setting, clean, noise, part, task), channels=channels)
    if clean is None or not puts_back:
        return start
    return replace(start, keep=Keep(clean=clean, noise=noise, mask=_shares(setting, part, task)))


def _noised(
    setting: Setting,
    clean: torch.Tensor | None,
    noise: torch.Tensor,
    part: MaskedPart,
    task: Inpaint,
) -> Start:
    if clean is None or task.strength == 1:
        # The scheduler is told where it begins, so that it need not look for a timestep which
        # some schedules have twice.
        skip_steps(setting.scheduler, 0, setting.steps)
        return from_noise(noise, setting.scheduler)
    content = _with_content(setting, clean, part, task.masked_content)
    return noised(setting.scheduler, setting.steps, content, noise, task.strength)


def _with_content(
    setting: Setting, clean: torch.Tensor, part: MaskedPart, content: MaskedContent
) -> torch.Tensor:
    """The latent with its masked content put in; "original" and "fill" were so in pixels."""
    mask = _cells(setting, masks.cells(masks.cut(part.mask), setting.model.latent_factor))
    if content == "latent noise":
        return (1 - mask) * clean + mask * setting.noise()
    if content == "latent nothing":
        return (1 - mask) * clean
    return clean


def _mask_channels(setting: Setting, part: MaskedPart) -> torch.Tensor:
    """(1, 5, ...): the mask, and the latent of the picture with grey in the masked part."""
    mask = masks.cut(part.mask)
    kept = to_pixels(part.picture) * torch.from_numpy(mask == 0)
    latent = encode(kept, setting.model.vae, setting.source)
    return torch.cat([_cells(setting, masks.cells(mask, setting.model.latent_factor)), latent], 1)


def _unused_draw(setting: Setting) -> None:
    """diffusers encodes the masked picture for base checkpoints too, and never looks at it.

    What that draws has to be drawn here as well: samplers that add noise draw on from there.
    """
    setting.noise()


def _shares(setting: Setting, part: MaskedPart, task: Inpaint) -> torch.Tensor:
    """(1, 1, height / 8, width / 8): the share of the strength that each cell has."""
    in_cells = masks.soft_cells if task.soft else masks.cells
    return _cells(setting, in_cells(part.mask, setting.model.latent_factor))


def _cells(setting: Setting, values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values)[None, None].to(setting.model.device, setting.model.dtype)
