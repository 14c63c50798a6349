"""Where the denoising loop begins: noise alone, or a picture with noise at a strength.

All chance is drawn from one source in the order of the diffusers pipeline of the same task, so
that a seed means the same picture there (pipeline_stable_diffusion_{img2img,inpaint,depth2img}.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from backend.engine import masks
from backend.engine.canvas import Canvas
from backend.engine.components import Components
from backend.engine.encode import encode, to_pixels
from backend.engine.keep import Keep
from backend.engine.noise import starting_noise
from backend.engine.samplers import Scheduler, skip_steps
from backend.geometry import steps_run
from backend.tasks import DepthToImage, Inpaint, Task


@dataclass(frozen=True, kw_only=True)
class Start:
    """Latents are (1, 4, height / 8, width / 8)."""

    # in the scheduler's own scale, at the noise level of the first evaluation
    latent: torch.Tensor
    # how many of the evaluations that the scheduler has laid out are left out
    first: int = 0
    # (1, any, height / 8, width / 8): what the network sees beside the latent
    channels: torch.Tensor | None = None
    keep: Keep | None = None


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What every start needs to know; the scheduler has its steps set.

    `size` is that of the latent, (width, height) in cells.
    """

    model: Components
    scheduler: Scheduler
    source: torch.Generator
    size: tuple[int, int]
    steps: int

    def noise(self) -> torch.Tensor:
        """New noise of deviation 1, (1, 4, height / 8, width / 8)."""
        model = self.model
        channels = model.vae.config["latent_channels"]
        return starting_noise(self.source, channels, self.size, model.device, model.dtype)


def start_for(task: Task, setting: Setting, canvas: Canvas | None) -> Start:
    """The start of a task; `canvas` is what `canvas_for` made of its picture."""
    if canvas is None:
        return from_noise(setting.noise(), setting.scheduler)
    if isinstance(task, Inpaint):
        return from_masked(setting, canvas, task)
    start = from_picture(setting, canvas, task.strength)  # type: ignore[union-attr]
    return with_depth(start, canvas, setting) if isinstance(task, DepthToImage) else start


def from_noise(noise: torch.Tensor, scheduler: Scheduler) -> Start:
    """Text to image: noise of deviation 1, (1, 4, height / 8, width / 8), and nothing else."""
    return Start(latent=noise * scheduler.init_noise_sigma)


def from_picture(setting: Setting, canvas: Canvas, strength: float) -> Start:
    """Image to image (SDEdit, Meng et al. 2021, arXiv 2108.01073).

    The encoded picture with noise as much as the steps that are left at `strength` (0 to 1) take
    away. Where none is left, it is the encoded picture, and the loop returns it as it is.
    """
    clean = encoded_source(setting, canvas)
    return noised(setting, clean, setting.noise(), strength)


def from_masked(setting: Setting, canvas: Canvas, task: Inpaint) -> Start:
    """Inpainting on a base checkpoint, or on one with 9 input channels.

    The first has what is kept put back after each evaluation. The second sees the mask and the
    picture without its masked part. At strength 1 the start is noise alone, on both.
    """
    mask, own_channels = cell_mask(setting, canvas, task.soft), _is_inpainting(setting.model)
    # An inpainting checkpoint at full strength never looks at the masked part.
    unseen = own_channels and task.strength == 1 and not task.soft
    clean = None if unseen else encoded_source(setting, canvas)
    noise = setting.noise()
    channels = _seen_channels(setting, canvas) if own_channels else _unused_draw(setting)
    if clean is None:
        return replace(from_noise(noise, setting.scheduler), channels=channels)
    content = _content(setting, clean, mask, task)
    start = noised(setting, content, noise, task.strength)
    if task.strength == 1:
        start = from_noise(noise, setting.scheduler)
    kept = None if own_channels and not task.soft else Keep(clean=clean, noise=noise, mask=mask)
    return replace(start, channels=channels, keep=kept)


def with_depth(start: Start, canvas: Canvas, setting: Setting) -> Start:
    """The same start with the depth map as a fifth channel, as Stable Diffusion 2's depth model.

    The map is resized to the latent and brought to -1 (far) to 1 (near); a flat one is 0.
    """
    assert canvas.depth is not None, "canvas_for gives every depth task a depth map"
    across, down = setting.size
    depth = torch.from_numpy(canvas.depth)[None, None].to(setting.model.device)
    depth = torch.nn.functional.interpolate(depth, size=(down, across), mode="bicubic")
    low, high = depth.amin(), depth.amax()
    spread = 2 * (depth - low) / (high - low) - 1 if high > low else torch.zeros_like(depth)
    return replace(start, channels=spread.to(setting.model.dtype))


def encoded_source(setting: Setting, canvas: Canvas) -> torch.Tensor:
    """The picture's latent; one of another size ("Latent resize") is stretched to the right one."""
    latent = encode(to_pixels(canvas.source), setting.model, setting.source)
    across, down = setting.size
    if latent.shape[-2:] == (down, across):
        return latent
    return torch.nn.functional.interpolate(latent, size=(down, across), mode="bilinear")


def noised(setting: Setting, clean: torch.Tensor, noise: torch.Tensor, strength: float) -> Start:
    """`clean` at the noise level that the schedule has where the last steps begin."""
    run = steps_run(setting.steps, strength)
    first = skip_steps(setting.scheduler, setting.steps - run, setting.steps)
    if run == 0:
        return Start(latent=clean, first=first)
    timestep = setting.scheduler.timesteps[first].reshape(1)
    return Start(latent=setting.scheduler.add_noise(clean, noise, timestep), first=first)


def cell_mask(setting: Setting, canvas: Canvas, soft: bool) -> torch.Tensor:
    """(1, 1, height / 8, width / 8): 1 repaints, 0 keeps."""
    assert canvas.mask is not None, "canvas_for gives every inpainting task a mask"
    in_cells = masks.soft_cells if soft else masks.cells
    found = torch.from_numpy(in_cells(canvas.mask, setting.model.latent_factor))
    return found[None, None].to(setting.model.device, setting.model.dtype)


def _is_inpainting(model: Components) -> bool:
    return model.unet.config["in_channels"] > model.vae.config["latent_channels"]


def _seen_channels(setting: Setting, canvas: Canvas) -> torch.Tensor:
    """(1, 5, ...): the mask, and the latent of the picture with grey in the masked part."""
    assert canvas.mask is not None
    hard = masks.cut(canvas.mask)
    kept = to_pixels(canvas.picture) * torch.from_numpy(hard == 0)
    latent = encode(kept, setting.model, setting.source)
    hard_canvas = replace(canvas, mask=hard)
    return torch.cat([cell_mask(setting, hard_canvas, soft=False), latent], dim=1)


def _unused_draw(setting: Setting) -> None:
    """diffusers encodes the masked picture for base checkpoints too, and never looks at it.

    What that draws has to be drawn here as well: samplers that add noise draw on from there.
    """
    setting.noise()


def _content(
    setting: Setting, clean: torch.Tensor, mask: torch.Tensor, task: Inpaint
) -> torch.Tensor:
    """The latent with the masked content put in; "original" and "fill" were so in pixels."""
    chosen = (mask > 0.5).to(mask.dtype)
    if task.masked_content == "latent noise":
        return (1 - chosen) * clean + chosen * setting.noise()
    if task.masked_content == "latent nothing":
        return (1 - chosen) * clean
    return clean
