"""A request as text comes back the same, also from another version's text."""

from __future__ import annotations

import json

import pytest

from backend.errors import InvalidRequest
from backend.request import GenerationRequest, ModelChoice
from backend.request_json import request_from_json, request_to_json
from backend.tasks import DepthToImage, ImageToImage, Inpaint, PictureRef, TextToImage

REF = PictureRef(sha256="a" * 64, width=64, height=48)
MODEL = ModelChoice(checkpoint="m", vae="v", checkpoint_hash="b" * 64)


@pytest.mark.parametrize(
    "task",
    [
        TextToImage(),
        ImageToImage(picture=REF, strength=0.3, resize="Latent resize"),
        Inpaint(picture=REF, mask=REF, mask_blur=0, masked_content="fill", soft=True),
        DepthToImage(picture=REF),
        DepthToImage(picture=REF, depth=REF, strength=0.0),
    ],
)
def test_every_task_comes_back(task):
    request = GenerationRequest(
        prompt='"🎈"\n\\', negative_prompt="\x01", seed=2**32 - 1, cfg_scale=0.1, model=MODEL,
        task=task,
    )  # fmt: skip
    assert request_from_json(request_to_json(request)) == request
    assert "\n" not in request_to_json(request)


def test_what_another_version_wrote_is_read_as_far_as_it_is_known():
    values = json.loads(request_to_json(GenerationRequest(seed=1, model=MODEL)))
    del values["clip_skip"], values["task"]
    values["of_the_future"] = {"x": 1}
    values["model"]["of_the_future"] = 2
    assert request_from_json(json.dumps(values)) == GenerationRequest(seed=1, model=MODEL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"seed": 1}',
        '{"seed": 1, "model": {}}',
        '{"seed": 1, "model": {"checkpoint": "m"}, "task": {"name": "no such task"}}',
        '{"seed": 1, "model": {"checkpoint": "m"}, "task": {"name": "image-to-image"}}',
        '{"seed": -1, "model": {"checkpoint": "m"}}',
        '{"seed": 1, "steps": "many", "model": {"checkpoint": "m"}}',
    ],
)
def test_anything_else_is_a_sentence(text):
    with pytest.raises(InvalidRequest):
        request_from_json(text)
