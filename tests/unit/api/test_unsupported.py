"""A1111 fields that are not done: accepted where they ask for nothing, refused by name else."""

from __future__ import annotations

import pytest

from backend.api.unsupported import refuse_fields, refuse_setting
from backend.errors import InvalidRequest


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tiling": False, "styles": [], "script_name": None, "s_churn": 0.0, "eta": 1},
        {"seed_resize_from_h": -1, "subseed": 99, "subseed_strength": 0},
        {"hr_scale": 2, "hr_upscaler": "Latent", "enable_hr": False},
        {"alwayson_scripts": {"ControlNet": {"args": [{"enabled": False, "model": ""}]}}},
    ],
)
def test_nothing_is_asked_for(fields):
    refuse_fields(fields)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"enable_hr": True}, "enable_hr"),
        ({"tiling": 1}, "tiling"),
        ({"styles": ["oil"]}, "styles"),
        ({"subseed_strength": 0.1}, "subseed_strength"),
        ({"new": {"a": {"b": [0, {"c": "x"}]}}}, "new.a.b.c"),
        ({"alwayson_scripts": {"ADetailer": {"args": [True]}}}, "alwayson_scripts.ADetailer"),
    ],
)
def test_what_is_asked_for_is_named(fields, name):
    with pytest.raises(InvalidRequest, match="not supported") as refusal:
        refuse_fields(fields)
    assert refusal.value.field == name


@pytest.mark.parametrize(
    ("name", "value"), [("samples_format", "png"), ("eta_noise_seed_delta", 0), ("unknown", "")]
)
def test_settings_that_change_nothing(name, value):
    refuse_setting(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("samples_format", "webp"), ("eta_noise_seed_delta", 31337), ("enable_pnginfo", False)],
)
def test_settings_that_would_change_something(name, value):
    with pytest.raises(InvalidRequest, match=f"“{name}”"):
        refuse_setting(name, value)
