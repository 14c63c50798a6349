"""Many clients with random tasks and models at once: each gets the picture it would get alone."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import threading
import time
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.program.running import Program

CLIENTS = 8
SAMPLERS = ("Euler a", "DPM++ 2M", "DPM++ SDE", "UniPC", "Heun")
MODELS = (
    {"sd_model_checkpoint": "one"},
    {"sd_model_checkpoint": "two"},
    {"sd_model_checkpoint": "one", "sd_vae": "loose.safetensors"},
)
Asked = tuple[str, dict[str, Any]]


def noise(seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def encoded(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def mask() -> Image.Image:
    grey = Image.new("L", (64, 64))
    grey.paste(255, (16, 16, 48, 40))
    return grey


def anything(chance: random.Random) -> Asked:
    """A request: few enough that a picture is asked for several times, by several clients."""
    body: dict[str, Any] = {
        "prompt": chance.choice(["a red beach", "a dream"]),
        "seed": chance.randrange(2),
        "steps": 4,
        "width": 64,
        "height": 64,
        "sampler_name": chance.choice(SAMPLERS),
        "override_settings": chance.choice(MODELS),
    }
    task = chance.choice(["words", "picture", "mask"])
    if task == "words":
        return "txt2img", body
    body["init_images"] = [encoded(noise(3))]
    if task == "mask":
        body |= {"mask": encoded(mask()), "inpaint_full_res": False, "inpainting_fill": 1}
    return "img2img", body


def digest(program: Program, asked: Asked) -> str:
    return hashlib.sha256(program.painted(asked[0], **asked[1]).tobytes()).hexdigest()


@pytest.mark.parametrize("seconds", [15, pytest.param(300, marks=pytest.mark.long)])
def test_each_picture_is_the_one_painted_alone(program: Program, seconds: int) -> None:
    got: list[tuple[str, str]] = []
    until = time.monotonic() + seconds

    def client(number: int) -> None:
        chance = random.Random(number)
        while time.monotonic() < until:
            asked = anything(chance)
            got.append((json.dumps(asked), digest(program, asked)))

    crowd = [threading.Thread(target=client, args=[number]) for number in range(CLIENTS)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    assert len(got) >= CLIENTS
    alone = {text: digest(program, tuple(json.loads(text))) for text in {text for text, _ in got}}
    wrong = [text for text, found in got if found != alone[text]]
    assert not wrong, f"{len(wrong)} of {len(got)} pictures differ, such as {wrong[0][:300]}"
    assert len(set(alone.values())) > len(alone) // 2  # else anything would be equal
