"""The widgets' values become a request, or a sentence that names the field."""

from __future__ import annotations

import math

import pytest

from backend.errors import InvalidRequest
from backend.request import MAX_SEED, ModelChoice
from tests.ui.fake_studio import FakeStudio
from ui.submission import submit
from ui.text_to_image import to_request

MODEL = ModelChoice(checkpoint="storybook", checkpoint_hash="ab" * 32)
VALUES = {
    "prompt": "a balloon",
    "negative_prompt": "rain",
    "width": 512,
    "height": 384,
    "steps": 12,
    "cfg_scale": 6.5,
    "sampler": "Euler a",
    "schedule": "Karras",
    "seed": 42,
    "batch_size": 2,
    "clip_skip": 2,
    "preview": "Off",
}


def test_each_widget_reaches_its_field():
    request = to_request(VALUES, MODEL)
    assert {name: getattr(request, name) for name in VALUES} == VALUES
    assert request.model == MODEL


def test_whole_numbers_may_come_as_floats():
    request = to_request(VALUES | {"width": 512.0, "steps": 12.0, "seed": 42.0}, MODEL)
    assert (request.width, request.steps, request.seed) == (512, 12, 42)
    assert isinstance(request.width, int)


@pytest.mark.parametrize("seed", [-1, -1.0, None])
def test_no_seed_means_a_random_one(seed):
    seeds = {to_request(VALUES | {"seed": seed}, MODEL).seed for _ in range(8)}
    assert len(seeds) > 1
    assert all(0 <= one <= MAX_SEED for one in seeds)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("width", 500),
        ("width", None),
        ("width", 12.5),
        ("height", 100_000),
        ("steps", 0),
        ("steps", "many"),
        ("cfg_scale", math.nan),
        ("cfg_scale", 1e9),
        ("sampler", "Magic"),
        ("schedule", None),
        ("seed", -2),
        ("seed", 2**40),
        ("batch_size", 0),
        ("clip_skip", 99),
        ("preview", []),
        ("prompt", None),
        ("prompt", "x" * 300_000),
    ],
)
def test_a_bad_value_is_refused_with_a_sentence_naming_its_field(field, value):
    with pytest.raises(InvalidRequest) as caught:
        to_request(VALUES | {field: value}, MODEL)
    assert caught.value.field == field
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("prompt", ["", "🎈" * 50, "a\0b", "<script>${x}</script>", "w " * 10_000])
def test_unusual_prompts_pass_unchanged(prompt):
    assert to_request(VALUES | {"prompt": prompt}, MODEL).prompt == prompt


def test_submit_hands_the_canvas_a_job(studio: FakeStudio):
    value = submit(studio, to_request, VALUES, MODEL, "browser")
    view = studio.job(value["job"])
    assert view is not None
    assert view.client == "browser"


def test_submit_hands_the_canvas_a_refusal(studio: FakeStudio):
    first = submit(studio, to_request, VALUES | {"width": 500}, MODEL, "browser")
    again = submit(studio, to_request, VALUES | {"width": 500}, MODEL, "browser")
    assert first["field"] == "width"
    assert "multiple of 8" in first["error"]
    assert first != again  # the same refusal twice is still news to the canvas


def test_submit_hides_an_unforeseen_error_behind_a_sentence(studio: FakeStudio):
    def broken(values, model):
        raise RuntimeError("secret path /home/somebody")

    value = submit(studio, broken, VALUES, MODEL, "browser")
    assert "secret" not in value["error"]
    assert value["error"].endswith(".")


def test_a_missing_checkpoint_is_a_sentence_too(studio: FakeStudio):
    value = submit(studio, to_request, VALUES, ModelChoice(checkpoint=""), "browser")
    assert "checkpoint" in value["error"]
