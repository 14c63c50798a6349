"""What of a picture survives the noise at a denoising strength, shown before painting."""

from __future__ import annotations

import torch

from backend.engine.components import Components
from backend.engine.decode import Picture
from backend.engine.noise import seeded
from backend.engine.preview import jpeg
from backend.engine.samplers import build_scheduler, evaluations, set_steps
from backend.engine.start import Setting
from backend.engine.starts import from_picture


@torch.inference_mode()
def noised_preview(
    components: Components,
    picture: Picture,
    strength: float,
    *,
    seed: int,
    steps: int,
    sampler: str,
    schedule: str = "Automatic",
) -> bytes:
    """The latent that image to image would start from, decoded; a JPEG of at most 512 pixels.

    `picture` is uint8 (height, width, 3) with sides that are multiples of 8; for what will be
    painted it has the request's size (`resize.resized`). It costs an encode and a decode. Raises
    `InvalidRequest` for a sampler and schedule that do not go together.
    """
    model = components
    scheduler = build_scheduler(sampler, schedule, model.scheduler_config, model.prediction)
    set_steps(scheduler, steps)
    setting = Setting(
        model=model,
        scheduler=scheduler,
        source=seeded(seed),
        size=(picture.shape[1] // model.latent_factor, picture.shape[0] // model.latent_factor),
        steps=steps,
    )
    start = from_picture(setting, picture, strength)
    left = evaluations(scheduler, start.first)
    # The VAE was made for latents of deviation 1, which some samplers do not keep.
    shrink = (left[0].sigma ** 2 + 1) ** 0.5 if left and left[0].in_latent_scale else 1.0
    latent = (start.latent / shrink).to(model.vae.dtype)
    return jpeg(model.vae.decode(latent / model.vae.config["scaling_factor"], return_dict=False)[0])
