"""One short help text a control, by the last part of its id; the page shows it as a tooltip."""

from __future__ import annotations

from backend.request import MAX_BATCH, MAX_CFG_SCALE, MAX_SIDE, MAX_STEPS
from backend.tasks import MAX_MASK_BLUR, MAX_PADDING

HELP = {
    "checkpoint": "The model that paints. Files in models/checkpoints appear here.",
    "vae": "Turns the model's latent into pixels. Automatic picks the one that belongs to it.",
    "refresh": "Look at the models folder again.",
    "pill": "The device that paints, what it is doing, and how much of its memory is in use.",
    "queue": "What is being painted and what waits: move, skip or take out your own.",
    "theme": "Light or dark.",
    "prompt": "What the picture shows, in plain words. Ctrl+Enter paints it; Ctrl+Up and Ctrl+Down "
    "change the weight of the selected words.",
    "tokens": "The prompt as the model reads it. It takes 75 tokens at a time; more still count.",
    "negative_prompt": "What the picture should not show.",
    "negative_tokens": "The negative prompt as the model reads it.",
    "go": "Paint this. While a picture is being painted, the next one queues. Ctrl+Enter",
    "stop": "Stop at the next step; nothing is decoded after it. Esc",
    "aspect": "The picture's shape, at about the area that the model was trained on.",
    "width": f"Width in pixels, from 64 to {MAX_SIDE}; without a picture a multiple of 8.",
    "height": f"Height in pixels, from 64 to {MAX_SIDE}; without a picture a multiple of 8.",
    "swap": "Exchange width and height.",
    "steps": f"How many times noise is taken away, 1 to {MAX_STEPS}. More is finer and slower.",
    "cfg_scale": f"How closely the prompt is followed, 0 to {MAX_CFG_SCALE:g}; 0 disregards it. "
    "Storybook likes 4, full-size checkpoints 7.",
    "sampler": "The rule by which noise is taken away at each step.",
    "schedule": "How the noise levels are spread over the steps. Automatic suits the sampler.",
    "seed": "The number the noise grows from: the same seed and settings, the same picture. "
    "-1 takes a new one each time.",
    "dice": "A new seed for each picture (-1).",
    "reuse": "Use the seed of the picture on the canvas again.",
    "batch_size": f"How many pictures to paint, 1 to {MAX_BATCH}, each with the next seed.",
    "clip_skip": "How many of the text encoder's last layers to leave out, counted from 1 (none).",
    "strength": "How much noise the picture receives, 0 to 1: 0 keeps it, 1 all but ignores it.",
    "resize": "What happens to a picture whose shape differs from width and height.",
    "mask_blur": f"How softly the mask ends, in pixels, 0 to {MAX_MASK_BLUR}.",
    "masked_content": "What the masked area holds before noise is added: the picture, its blurred "
    "colours, noise, or nothing.",
    "area": "Paint the whole picture, or only the surroundings of the mask at full size.",
    "padding": f"How much around the mask is painted along, in pixels, 0 to {MAX_PADDING}.",
    "soft": "Each grey of the mask is a strength of its own, in place of a mask cut in two.",
    "preview": "How each step is made visible. It changes no pixel of the picture.",
}
