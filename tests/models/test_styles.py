"""The styles that adapters learn: plain to tell from the base's look, and from each other."""

import numpy as np
import pytest

from training.paths import HELD_OUT
from training.scenes import scene
from training.style_judge import StyleJudge, told_right
from training.styles import neon, papercut


@pytest.mark.parametrize("style", [papercut, neon])
def test_the_judge_tells_the_style_from_the_plain_look(style):
    assert told_right(StyleJudge(style), style) > 0.95


def test_neon_is_dark_with_bright_lines():
    made = scene(HELD_OUT + 1, 1)
    lit = neon(made).max(2)
    assert np.median(lit) < 90
    assert lit.max() > 200


def test_a_sheet_of_paper_throws_its_shadow_on_what_lies_behind():
    made = next(s for s in (scene(seed, 1) for seed in range(50)) if s.attributes.things)
    cut = papercut(made)
    assert cut.shape == made.picture.shape
    mask = made.masks[0] > 0.5
    below = np.roll(mask, (7, 6), (0, 1)) & ~mask & (made.depth < 0.3)
    above = np.roll(mask, (-7, -6), (0, 1)) & ~mask & (made.depth < 0.3)
    ratio = [cut[where].mean() / made.picture[where].mean() for where in (below, above)]
    assert ratio[0] < ratio[1] - 0.1
