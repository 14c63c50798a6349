"""Cutting, blurring, composing, cells, and the fill."""

from __future__ import annotations

import numpy as np
import pytest

from backend.engine import masks
from backend.engine.fill import filled
from backend.errors import InvalidRequest

NOISE = np.random.default_rng(2)


def _square(side: int = 64, low: int = 16, high: int = 40) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    mask[low:high, low:high] = 255
    return mask


def test_values_above_128_are_cut_to_white() -> None:
    assert masks.cut(np.array([[0, 127, 128, 129, 255]], np.uint8)).tolist() == [
        [0, 0, 0, 255, 255]
    ]


def test_a_blur_spreads_by_its_deviation() -> None:
    edge = masks.blurred(_square(), 4)[28].astype(int)
    assert edge[16 - 4] == pytest.approx(0.16 * 255, abs=16)
    assert edge[15] + edge[16] == pytest.approx(255, abs=2)
    assert edge[0] == 0


@pytest.mark.parametrize("deviation", [0, 1, 4, 64])
@pytest.mark.parametrize("value", [0, 255])
def test_a_blur_leaves_a_plain_mask(deviation, value) -> None:
    assert (masks.blurred(np.full((40, 60), value, np.uint8), deviation) == value).all()


def test_composing_keeps_the_bytes_of_both() -> None:
    painted, original = NOISE.integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    cover = masks.blurred(_square(), 3)
    mixed = masks.composite(painted, original, cover)
    assert np.array_equal(mixed[cover == 0], original[cover == 0])
    assert np.array_equal(mixed[cover == 255], painted[cover == 255])
    low, high = np.minimum(painted, original), np.maximum(painted, original)
    assert ((low <= mixed) & (mixed <= high)).all()


def test_an_empty_mask_is_told_in_a_sentence() -> None:
    with pytest.raises(InvalidRequest, match="Nothing is masked") as caught:
        masks.check_not_empty(np.zeros((8, 8), np.uint8))
    assert caught.value.field == "mask"


def test_a_blur_that_leaves_nothing_is_told_in_a_sentence() -> None:
    dot = np.zeros((99, 99), np.uint8)
    dot[50, 50] = 255
    masks.check_covers(masks.blurred(dot, 4), 4)
    with pytest.raises(InvalidRequest, match="blur of 64 pixels") as caught:
        masks.check_covers(masks.blurred(dot, 64), 64)
    assert caught.value.field == "mask_blur"


def test_a_mask_that_a_resize_made_faint_keeps_what_it_touches() -> None:
    assert masks.cut_again(np.array([[0, 128, 127]], np.uint8)).tolist() == [[0, 255, 0]]
    assert masks.cut_again(np.array([[0, 60, 40]], np.uint8)).tolist() == [[0, 255, 255]]


def test_the_first_pixel_decides_for_a_cell() -> None:
    mask = np.zeros((16, 24), np.uint8)
    mask[0:9, 8:20] = 255
    assert masks.cells(mask, 8).tolist() == [[0, 1, 1], [0, 1, 1]]


def test_a_thin_brush_still_paints() -> None:
    mask = np.zeros((16, 16), np.uint8)
    mask[3, 2:14] = 255
    assert masks.cells(mask, 8).tolist() == [[1, 1], [0, 0]]


def test_soft_cells_are_means() -> None:
    mask = np.zeros((8, 16), np.uint8)
    mask[:, 4:] = 255
    assert masks.soft_cells(mask, 8).tolist() == [[0.5, 1.0]]


def test_soft_cover_rises_to_all_at_a_quarter() -> None:
    cover = masks.soft_cover(np.arange(256, dtype=np.uint8)[None])[0]
    assert cover[0] == 0
    assert (np.diff(cover.astype(int)) >= 0).all()
    assert (cover[64:] == 255).all()


def test_the_fill_takes_the_colours_around() -> None:
    picture = np.full((64, 64, 3), (200, 100, 50), np.uint8)
    picture[20:36, 20:36] = 0
    out = filled(picture, _square())
    assert np.abs(out.astype(int) - (200, 100, 50)).max() <= 1


def test_the_fill_changes_nothing_outside() -> None:
    picture = NOISE.integers(0, 256, (50, 600, 3), dtype=np.uint8)
    mask = np.zeros((50, 600), np.uint8)
    mask[:, 100:480] = 255
    out = filled(picture, mask)
    assert np.array_equal(out[mask == 0], picture[mask == 0])
    # the middle of the hole holds no detail
    assert out[:, 250:330].std(axis=(0, 1)).max() < 8


def test_under_a_full_mask_the_fill_is_the_mean() -> None:
    picture = NOISE.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    out = filled(picture, np.full((64, 64), 255, np.uint8))
    assert np.abs(out - picture.mean(axis=(0, 1))).max() <= 0.5
