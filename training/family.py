"""The bundled family as a folder that diffusers loads."""

import json

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
    export_half(unet, average, lambda half: half.save_pretrained(STORYBOOK / "unet"))
    scheduler().save_pretrained(STORYBOOK / "scheduler")
    (STORYBOOK / "model_index.json").write_text(json.dumps(_PARTS, indent=2) + "\n", "utf-8")
