"""The bundled family as folders that diffusers loads."""

import json
import os
from pathlib import Path
from typing import Any

from diffusers import DDIMScheduler, UNet2DConditionModel

from .paths import STORYBOOK
from .weights import Average, export_half

_PARTS = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
# What else the folder of a pipeline names, and where in models/bundled that lies.
_DEPTH_PARTS = {
    "depth_estimator": ["transformers", "DPTForDepthEstimation"],
    "feature_extractor": ["transformers", "DPTImageProcessor"],
}
_SHARED = {part: f"../storybook/{part}" for part in ("vae", "text_encoder", "tokenizer")}


def scheduler() -> DDIMScheduler:
    """Stable Diffusion's schedule of 1000 steps, for a model that predicts velocity."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


def export_unet(unet: UNet2DConditionModel, average: Average) -> None:
    """Save the averaged noise predictor in half precision, with the folder's index."""
    _export(STORYBOOK, _PARTS, unet, average)


def export_depth(unet: UNet2DConditionModel, average: Average, folder: Path) -> None:
    """Save a noise predictor with a depth channel as the folder of a depth-to-image pipeline.

    Its other parts are those of the base and the depth estimator: links, so that no weight is kept
    twice.
    """
    unused = ("image_encoder", "safety_checker", "requires_safety_checker")
    parts = {name: each for name, each in _PARTS.items() if name not in unused}
    parts |= {"_class_name": "StableDiffusionDepth2ImgPipeline", **_DEPTH_PARTS}
    _export(folder, parts, unet, average)
    _link(folder, {**_SHARED, **dict.fromkeys(_DEPTH_PARTS, "../dpt")})


def export_inpaint(unet: UNet2DConditionModel, average: Average, folder: Path) -> None:
    """Save a noise predictor with 9 channels as the folder of an inpainting pipeline."""
    _export(folder, {**_PARTS, "_class_name": "StableDiffusionInpaintPipeline"}, unet, average)
    _link(folder, _SHARED)


def _export(folder: Path, parts: dict[str, Any], unet: Any, average: Average) -> None:
    export_half(unet, average, lambda half: half.save_pretrained(folder / "unet"))
    scheduler().save_pretrained(folder / "scheduler")
    text = json.dumps(dict(sorted(parts.items())), indent=2) + "\n"
    (folder / "model_index.json").write_text(text, "utf-8")


def _link(folder: Path, targets: dict[str, str]) -> None:
    for name, target in targets.items():
        link = folder / name
        if not link.is_symlink():
            os.symlink(target, link, target_is_directory=True)
