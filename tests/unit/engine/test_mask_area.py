"""Which part is painted with "Only masked", by table."""

from __future__ import annotations

import numpy as np
import pytest

from backend.engine.mask_area import area_around, masked_box


@pytest.mark.parametrize(
    ("box", "padding", "size", "target", "expected"),
    [
        # in the middle, grown to a square
        ((40, 50, 60, 60), 0, (100, 100), (64, 64), (40, 45, 60, 65)),
        ((40, 50, 60, 60), 10, (100, 100), (64, 64), (30, 35, 70, 75)),
        # grown to an upright and to a lying shape
        ((40, 40, 60, 60), 0, (100, 100), (64, 128), (40, 30, 60, 70)),
        ((40, 40, 60, 60), 0, (100, 100), (128, 64), (30, 40, 70, 60)),
        # at an edge it moves inward
        ((0, 40, 10, 80), 0, (100, 100), (64, 64), (0, 40, 40, 80)),
        ((90, 40, 100, 80), 0, (100, 100), (64, 64), (60, 40, 100, 80)),
        ((40, 0, 80, 10), 0, (100, 100), (64, 64), (40, 0, 80, 40)),
        ((40, 95, 80, 100), 0, (100, 100), (64, 64), (40, 60, 80, 100)),
        # padding stops at the edge
        ((0, 0, 10, 10), 32, (100, 100), (64, 64), (0, 0, 42, 42)),
        # more than there is: all there is
        ((0, 0, 100, 30), 0, (100, 30), (64, 64), (0, 0, 100, 30)),
        ((10, 10, 90, 20), 8, (100, 30), (64, 64), (2, 0, 98, 30)),
        # one pixel, and everything
        ((5, 5, 6, 6), 0, (100, 100), (64, 64), (5, 5, 6, 6)),
        ((0, 0, 100, 100), 256, (100, 100), (64, 64), (0, 0, 100, 100)),
    ],
)
def test_area(box, padding, size, target, expected) -> None:
    assert area_around(box, padding, size, target) == expected


@pytest.mark.parametrize("target", [(64, 64), (512, 768), (768, 512), (2048, 64)])
def test_the_area_holds_the_mask_and_stays_in_the_picture(target) -> None:
    source = np.random.default_rng(1)
    for _ in range(200):
        width, height = source.integers(1, 300, 2)
        left, top = source.integers(0, width), source.integers(0, height)
        right, bottom = source.integers(left, width) + 1, source.integers(top, height) + 1
        box = tuple(int(side) for side in (left, top, right, bottom))
        size = int(width), int(height)
        area = area_around(box, int(source.integers(0, 50)), size, target)
        assert 0 <= area[0] <= box[0] < box[2] <= area[2] <= size[0]
        assert 0 <= area[1] <= box[1] < box[3] <= area[3] <= size[1]


def test_the_box_around_a_mask() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[4, 7] = mask[9, 28] = 1
    assert masked_box(mask) == (7, 4, 29, 10)
