"""Requests: what is accepted, and the sentence for what is not."""

from __future__ import annotations

import math

import pytest

from backend.errors import InvalidRequest
from backend.request import (
    MAX_SEED,
    GenerationRequest,
    ModelChoice,
    clean_text,
    resolve_seed,
    validate,
)


def a_request(**changes) -> GenerationRequest:
    return GenerationRequest(**{"seed": 1, "model": ModelChoice(checkpoint="m"), **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prompt": ""},
        {"prompt": "a 🎈 over the sea"},
        {"prompt": "word " * 10_000},
        {"cfg_scale": 0},
        {"cfg_scale": 30},
        {"steps": 1},
        {"width": 64, "height": 2048},
        {"seed": MAX_SEED},
    ],
)
def test_accepts_what_can_be_painted(changes):
    request = a_request(**changes)
    assert validate(request) is request


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("width", 500, "496 and 504"),
        ("height", 0, "from 64 to 2048"),
        ("width", 1_000_000, "from 64 to 2048"),
        ("steps", 0, "from 1 to 150"),
        ("steps", 2.5, "whole number"),
        ("steps", True, "whole number"),
        ("cfg_scale", -1, "from 0 to 30"),
        ("cfg_scale", 1e9, "from 0 to 30"),
        ("cfg_scale", math.nan, "must be a number"),
        ("cfg_scale", "7", "must be a number"),
        ("sampler", "Euler b", "no sampler called “Euler b”"),
        ("schedule", "Sometimes", "no schedule called"),
        ("seed", -1, "from 0 to"),
        ("seed", MAX_SEED + 1, "from 0 to"),
        ("batch_size", 0, "from 1 to"),
        ("batch_size", 1000, "from 1 to"),
        ("clip_skip", 0, "from 1 to"),
        ("preview", "Film", "no preview method called"),
        ("prompt", None, "must be text"),
        ("prompt", "x" * 300_000, "300,000 characters"),
    ],
)
def test_refuses_with_a_sentence_that_names_the_field(field, value, says):
    with pytest.raises(InvalidRequest, match=says) as refusal:
        validate(a_request(**{field: value}))
    assert refusal.value.field == field


def test_a_picture_of_a_batch_is_the_request_for_it_alone():
    batch = a_request(seed=MAX_SEED, batch_size=3)
    assert batch.for_picture(0) == a_request(seed=MAX_SEED)
    assert batch.for_picture(1) == a_request(seed=0)


def test_minus_one_is_a_random_seed_in_range():
    seeds = {resolve_seed(-1) for _ in range(20)}
    assert len(seeds) > 10
    assert all(0 <= seed <= MAX_SEED for seed in seeds)
    assert resolve_seed(7) == 7


def test_text_loses_only_what_no_file_can_hold():
    assert clean_text("a\0b") == "a b"
    assert clean_text("\ud800x") == "?x"
    assert clean_text("a 🎈\nover") == "a 🎈\nover"
