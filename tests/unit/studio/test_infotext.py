"""Infotext: A1111's format, written and read."""

from __future__ import annotations

import pytest

from backend.request import GenerationRequest, ModelChoice
from backend.studio.infotext import read_infotext, write_infotext
from backend.tasks import DepthToImage, ImageToImage, Inpaint, PictureRef


def a_request(**changes) -> GenerationRequest:
    values = {
        "prompt": "a red balloon",
        "negative_prompt": "fog",
        "width": 256,
        "height": 192,
        "cfg_scale": 6.5,
        "sampler": "DPM++ 2M",
        "schedule": "Karras",
        "seed": 42,
        "model": ModelChoice(checkpoint="storybook"),
    }
    return GenerationRequest(**{**values, **changes})


def test_writes_the_keys_in_a1111s_order():
    text = write_infotext(
        a_request(clip_skip=2), "0123456789abcdef", ("fine.safetensors", "f" * 64)
    )
    assert text == (
        "a red balloon\n"
        "Negative prompt: fog\n"
        "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 42, "
        "Size: 256x192, Model hash: 0123456789, Model: storybook, VAE hash: ffffffffff, "
        "VAE: fine.safetensors, Clip skip: 2, RNG: CPU, Version: Atelier 0.1.0"
    )


def test_leaves_out_what_is_not_there():
    text = write_infotext(a_request(negative_prompt=""), "", None)
    assert "Negative prompt" not in text
    assert "hash" not in text
    assert "Clip skip" not in text


PICTURE = PictureRef(sha256="a" * 64, width=64, height=64)


@pytest.mark.parametrize(
    ("task", "adds"),
    [
        (ImageToImage(picture=PICTURE, strength=0.5), "Denoising strength: 0.5, RNG: CPU, "),
        (Inpaint(picture=PICTURE, mask=PICTURE), "RNG: CPU, Mask blur: 4, Version"),
        (
            Inpaint(picture=PICTURE, mask=PICTURE, area="Only masked", masked_content="fill"),
            "Mask blur: 4, Inpaint area: Only masked, Masked area padding: 32, "
            "Masked content: fill, Version",
        ),
        (DepthToImage(picture=PICTURE), "Denoising strength: 1, RNG: CPU, Depth map: estimated"),
    ],
)
def test_a_task_adds_its_own_pairs(task, adds):
    assert adds in write_infotext(a_request(task=task), "", None)


@pytest.mark.parametrize(
    "prompt",
    ["", "two\nlines", "a, b: c", 'quotes “and” "these"', "🎈", "Steps: 3, not settings"],
)
def test_reads_back_what_it_wrote(prompt):
    request = a_request(prompt=prompt, model=ModelChoice(checkpoint='odd, "name": 1'))
    pairs = read_infotext(write_infotext(request, "ab" * 32, None))
    assert pairs["Prompt"] == prompt
    assert pairs["Negative prompt"] == "fog"
    assert pairs["Model"] == 'odd, "name": 1'
    assert pairs["Seed"] == "42"
    assert pairs["Size"] == "256x192"


def test_a_last_line_of_two_pairs_is_prompt_text():
    assert read_infotext("a castle\nmood: calm, light: soft") == {
        "Prompt": "a castle\nmood: calm, light: soft",
        "Negative prompt": "",
    }
