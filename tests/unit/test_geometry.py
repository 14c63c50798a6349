"""Sizes, by table."""

from __future__ import annotations

import pytest

from backend.geometry import ASPECTS, latent_size, size_for_aspect, steps_run


@pytest.mark.parametrize(
    ("aspect", "native", "size"),
    [
        ("1:1", 256, (256, 256)),
        ("1:1", 512, (512, 512)),
        ("3:2", 512, (624, 416)),
        ("2:3", 512, (416, 624)),
        ("16:9", 512, (680, 384)),
        ("4:5", 256, (232, 288)),
    ],
)
def test_aspect_keeps_the_area(aspect, native, size):
    assert size_for_aspect(aspect, native) == size


@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_aspect_is_a_multiple_of_eight(aspect):
    for native in (64, 256, 512, 768):
        assert all(side % 8 == 0 and side >= 64 for side in size_for_aspect(aspect, native))


def test_a_latent_is_eight_times_smaller_each_way():
    assert latent_size(512, 384) == (64, 48)


@pytest.mark.parametrize(
    ("steps", "strength", "run"),
    [(20, 0.75, 15), (20, 0.0, 0), (20, 1.0, 20), (20, 0.04, 0), (20, 0.05, 1), (7, 0.5, 3)],
)
def test_steps_run_at_a_strength(steps, strength, run):
    assert steps_run(steps, strength) == run
