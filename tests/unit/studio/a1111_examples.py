"""A dozen infotexts as A1111 writes them, each with what of it can be painted by here.

Made by hand after its format, from the oldest spellings to the newest; the models are invented.
"""

from __future__ import annotations

PLAIN = (
    "a red fox in tall grass, morning mist\n"
    "Negative prompt: blurry, low quality\n"
    "Steps: 28, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7.5, Seed: 1234567890, "
    "Size: 512x768, Model hash: 0a1b2c3d4e, Model: meadow_v2, Version: v1.9.4"
)
OLD_SAMPLER = (
    "harbour at night\n"
    "Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 42, Size: 512x512, "
    "Model hash: 7460a6fa, Model: old-sketch"
)
OLD_SAMPLER_ANCESTRAL = (
    "harbour at night\nSteps: 20, Sampler: DPM++ 2S a Karras, CFG scale: 7, Seed: 42, Size: 512x512"
)
MANY_LINES = (
    "a lighthouse,\nstormy sea,\n\noil painting\n"
    "Negative prompt: people,\nboats, text: none\n"
    "Steps: 30, Sampler: DDIM, CFG scale: 9, Seed: 7, Size: 640x448, Clip skip: 2"
)
NO_NEGATIVE = "a teapot\nSteps: 12, Sampler: LMS, CFG scale: 5, Seed: 0, Size: 256x256"
NO_PROMPT = "Negative prompt: noise\nSteps: 12, Sampler: Heun, CFG scale: 5, Seed: 1, Size: 256x256"
QUOTED = (
    "a street\n"
    "Steps: 25, Sampler: UniPC, Schedule type: SGM Uniform, CFG scale: 6, Seed: 99, "
    'Size: 512x512, Model: "odd, name: with \\"marks\\"", '
    'TI hashes: "sketchy: 0123456789ab, inky: ba9876543210", Version: 1.8.0'
)
HIRES = (
    "a castle\n"
    "Steps: 20, Sampler: DPM++ SDE, Schedule type: Karras, CFG scale: 7, Seed: 5, Size: 512x512, "
    "Denoising strength: 0.4, Hires upscale: 2, Hires steps: 10, Hires upscaler: Latent, "
    "Version: v1.10.1"
)
ADETAILER = (
    "portrait of an old sailor\n"
    "Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 5, Size: 512x512, "
    'ADetailer model: face_finder.pt, ADetailer prompt: "weathered face, beard", '
    "ADetailer confidence: 0.3, ADetailer version: 24.1.2"
)
IMAGE_TO_IMAGE = (
    "the same house in winter\n"
    "Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 8, Size: 512x384, Denoising strength: 0.55, "
    "RNG: CPU"
)
INPAINTING = (
    "a stone bridge\n"
    "Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 8, Size: 512x384, Denoising strength: 0.75, "
    "Mask blur: 8, Inpaint area: Only masked, Masked area padding: 48, Masked content: fill"
)
UNKNOWN_SAMPLER = (
    "a pond\n"
    "Steps: 20, Sampler: Restart, Schedule type: Polyexponential, CFG scale: 7, Seed: 8, "
    "Size: 512x512, VAE hash: 735e4c3a44, VAE: mse.safetensors, Variation seed: 3, "
    "Variation seed strength: 0.1, ENSD: 31337"
)
PROMPT_ONLY = "a recipe for soup\nserves: 4, time: 20 minutes"

SHARED = {"negative_prompt": "", "clip_skip": 1}
# infotext, values by request field, task, names of what is left out
EXAMPLES: dict[str, tuple[str, dict, str, set[str]]] = {
    "plain": (
        PLAIN,
        {
            "prompt": "a red fox in tall grass, morning mist",
            "negative_prompt": "blurry, low quality",
            "steps": 28,
            "sampler": "Euler a",
            "schedule": "Automatic",
            "cfg_scale": 7.5,
            "seed": 1234567890,
            "width": 512,
            "height": 768,
            "clip_skip": 1,
        },
        "text-to-image",
        set(),
    ),
    "old sampler": (
        OLD_SAMPLER,
        SHARED
        | {"prompt": "harbour at night", "steps": 20, "cfg_scale": 7.0, "seed": 42}
        | {"sampler": "DPM++ 2M", "schedule": "Karras", "width": 512, "height": 512},
        "text-to-image",
        set(),
    ),
    "old ancestral sampler": (
        OLD_SAMPLER_ANCESTRAL,
        SHARED
        | {"prompt": "harbour at night", "steps": 20, "cfg_scale": 7.0, "seed": 42}
        | {"sampler": "DPM++ 2S a", "schedule": "Karras", "width": 512, "height": 512},
        "text-to-image",
        set(),
    ),
    "many lines": (
        MANY_LINES,
        {
            "prompt": "a lighthouse,\nstormy sea,\n\noil painting",
            "negative_prompt": "people,\nboats, text: none",
            "steps": 30,
            "sampler": "DDIM",
            "schedule": "Automatic",
            "cfg_scale": 9.0,
            "seed": 7,
            "width": 640,
            "height": 448,
            "clip_skip": 2,
        },
        "text-to-image",
        set(),
    ),
    "no negative prompt": (
        NO_NEGATIVE,
        SHARED
        | {"prompt": "a teapot", "steps": 12, "cfg_scale": 5.0, "seed": 0}
        | {"sampler": "LMS", "schedule": "Automatic", "width": 256, "height": 256},
        "text-to-image",
        set(),
    ),
    "no prompt": (
        NO_PROMPT,
        {"prompt": "", "negative_prompt": "noise", "clip_skip": 1, "steps": 12, "cfg_scale": 5.0}
        | {"seed": 1, "sampler": "Heun", "schedule": "Automatic", "width": 256, "height": 256},
        "text-to-image",
        set(),
    ),
    "quoted": (
        QUOTED,
        SHARED
        | {"prompt": "a street", "steps": 25, "cfg_scale": 6.0, "seed": 99}
        | {"sampler": "UniPC", "schedule": "SGM Uniform", "width": 512, "height": 512},
        "text-to-image",
        set(),
    ),
    "hires fix": (
        HIRES,
        SHARED
        | {"prompt": "a castle", "steps": 20, "cfg_scale": 7.0, "seed": 5}
        | {"sampler": "DPM++ SDE", "schedule": "Karras", "width": 512, "height": 512},
        "text-to-image",
        {"Denoising strength", "Hires upscale", "Hires steps", "Hires upscaler"},
    ),
    "adetailer": (
        ADETAILER,
        SHARED
        | {"prompt": "portrait of an old sailor", "steps": 20, "cfg_scale": 7.0, "seed": 5}
        | {"sampler": "Euler", "schedule": "Automatic", "width": 512, "height": 512},
        "text-to-image",
        {f"ADetailer {name}" for name in ("model", "prompt", "confidence", "version")},
    ),
    "image to image": (
        IMAGE_TO_IMAGE,
        SHARED
        | {"prompt": "the same house in winter", "steps": 20, "cfg_scale": 7.0, "seed": 8}
        | {"sampler": "Euler", "schedule": "Automatic", "width": 512, "height": 384}
        | {"strength": 0.55},
        "image-to-image",
        set(),
    ),
    "inpainting": (
        INPAINTING,
        SHARED
        | {"prompt": "a stone bridge", "steps": 20, "cfg_scale": 7.0, "seed": 8}
        | {"sampler": "Euler", "schedule": "Automatic", "width": 512, "height": 384}
        | {"strength": 0.75, "mask_blur": 8, "area": "Only masked", "padding": 48}
        | {"masked_content": "fill", "soft": False},
        "inpainting",
        set(),
    ),
    "what is not here": (
        UNKNOWN_SAMPLER,
        SHARED
        | {"prompt": "a pond", "steps": 20, "cfg_scale": 7.0, "seed": 8}
        | {"width": 512, "height": 512},
        "text-to-image",
        {"Sampler", "Schedule type", "Variation seed", "Variation seed strength", "ENSD"},
    ),
    "prompt only": (
        PROMPT_ONLY,
        {"prompt": PROMPT_ONLY, "negative_prompt": ""},
        "text-to-image",
        set(),
    ),
}
