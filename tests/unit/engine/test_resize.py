"""Resize modes, by table."""

from __future__ import annotations

import numpy as np
import pytest

from backend.engine.resize import covering_box, fitting_box, resized
from backend.tasks import RESIZE_MODES


def _bands(width: int, height: int) -> np.ndarray:
    """Three upright bands of a third each: red, green, blue."""
    third = (np.arange(width) * 3 // width)[None, :].repeat(height, axis=0)
    return (np.eye(3, dtype=np.uint8) * 255)[third]


@pytest.mark.parametrize(
    ("size", "target", "expected"),
    [
        ((100, 100), (50, 50), (0, 0, 100, 100)),
        ((200, 100), (64, 64), (50, 0, 150, 100)),
        ((100, 200), (64, 64), (0, 50, 100, 150)),
        ((100, 100), (128, 64), (0, 25, 100, 75)),
        ((33, 100), (64, 128), (0, 17, 33, 83)),
    ],
)
def test_crop_keeps_the_middle(size, target, expected) -> None:
    assert covering_box(size, target) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("size", "target", "expected"),
    [
        ((100, 100), (64, 64), (0, 0, 64, 64)),
        ((200, 100), (64, 64), (0, 16, 64, 48)),
        ((100, 200), (64, 64), (16, 0, 48, 64)),
        ((10, 10), (128, 64), (32, 0, 96, 64)),
        ((1000, 1), (64, 64), (0, 31, 64, 32)),
    ],
)
def test_fill_shows_all(size, target, expected) -> None:
    assert fitting_box(size, target) == expected


@pytest.mark.parametrize("mode", RESIZE_MODES)
@pytest.mark.parametrize("size", [(64, 64), (128, 64), (72, 136)])
def test_every_mode_gives_the_size(mode, size) -> None:
    for pixels in (_bands(90, 60), np.zeros((60, 90), np.uint8), np.zeros((60, 90), np.float32)):
        out = resized(pixels, size, mode)
        assert out.shape == (size[1], size[0], *pixels.shape[2:])
        assert out.dtype == pixels.dtype


@pytest.mark.parametrize("mode", RESIZE_MODES)
def test_a_picture_of_the_right_size_keeps_every_byte(mode) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    assert np.array_equal(resized(pixels, (96, 64), mode), pixels)


@pytest.mark.parametrize(
    ("mode", "left", "right"),
    [
        ("Crop and resize", (0, 255, 0), (0, 255, 0)),
        ("Resize and fill", (255, 0, 0), (0, 0, 255)),
        ("Stretch", (255, 0, 0), (0, 0, 255)),
    ],
)
def test_what_is_seen_at_the_sides(mode, left, right) -> None:
    out = resized(_bands(300, 100), (64, 64), mode)
    assert tuple(out[32, 4]) == left
    assert tuple(out[32, -5]) == right


def test_fill_continues_the_edge() -> None:
    out = resized(_bands(300, 100), (96, 96), "Resize and fill")
    assert np.array_equal(out[0], out[32])
    assert np.array_equal(out[-1], out[63])
