"""Extending a picture: what is known stays, what is new is masked with its seam."""

from __future__ import annotations

import numpy as np
import pytest

from backend.engine.outpaint import SEAM, extended
from backend.geometry import Margins


def _picture() -> np.ndarray:
    """Blue above, green below, with a grain that no blur leaves as it is."""
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[:30, :, 2], picture[30:, :, 1] = 200, 120
    return picture + np.random.default_rng(0).integers(0, 20, picture.shape, dtype=np.uint8)


@pytest.mark.parametrize(
    "margins",
    [Margins(left=24), Margins(top=8), Margins(left=3, top=5, right=40, bottom=16)],
)
def test_the_known_part_is_there_pixel_for_pixel(margins: Margins) -> None:
    whole, mask = extended(_picture(), margins)
    assert whole.shape == (60 + margins.top + margins.bottom, 80 + margins.left + margins.right, 3)
    known = (slice(margins.top, margins.top + 60), slice(margins.left, margins.left + 80))
    assert np.array_equal(whole[known], _picture())
    outside = np.ones(mask.shape, bool)
    outside[known] = False
    assert (mask[outside] == 255).all()


def test_the_mask_reaches_over_the_seam_and_no_further() -> None:
    _, mask = extended(_picture(), Margins(right=40))
    assert (mask[:, 80 - SEAM :] == 255).all()
    assert not mask[:, : 80 - SEAM].any()


def test_the_fill_goes_on_with_the_colours_beside_it() -> None:
    whole, _ = extended(_picture(), Margins(left=30))
    above, below = whole[:20, :30].mean((0, 1)), whole[40:, :30].mean((0, 1))
    assert above[2] > 120 > above[1]
    assert below[1] > 70 > below[2]
