"""What the bundled models do with a picture: plain effects in few steps (training/behaviour.py)."""

import numpy as np
import pytest

from backend.engine.inputs import Inputs
from backend.tasks import DepthToImage, ImageToImage, Inpaint
from training import picture_measures as measure
from training.behaviour import Subject, subjects
from training.easel import ANY, Easel
from training.judge import prompt_of
from training.paths import DEPTH, STORYBOOK

STEPS = 10


@pytest.fixture(scope="module")
def easel() -> Easel:
    return Easel(STORYBOOK)


@pytest.fixture(scope="module")
def scenes(easel: Easel) -> list[Subject]:
    found = subjects(easel.side)
    return [next(found) for _ in range(3)]


def test_more_strength_moves_a_picture_further_from_its_start(easel, scenes):
    for one in scenes:
        near, far = (
            measure.distance(
                one.picture,
                easel.paint(
                    prompt_of(one.attributes),
                    one.seed,
                    ImageToImage(picture=ANY, strength=strength),
                    Inputs(picture=one.picture),
                    steps=STEPS,
                ),
            )
            for strength in (0.3, 0.8)
        )
        assert near < far


def test_a_sketch_keeps_its_layout_better_than_words_alone(easel, scenes):
    kept, alone = [], []
    for one in scenes:
        words, sketch = prompt_of(one.attributes), measure.crude_sketch(one.picture)
        task = ImageToImage(picture=ANY, strength=0.5)
        painted = easel.paint(words, one.seed, task, Inputs(picture=sketch), steps=STEPS)
        kept.append(measure.layout_agreement(sketch, painted))
        alone.append(measure.layout_agreement(sketch, easel.paint(words, one.seed, steps=STEPS)))
    assert min(kept) > 0.6
    assert np.mean(kept) > np.mean(alone) + 0.05


@pytest.mark.parametrize("soft", [False, True])
def test_outside_the_mask_not_one_byte_changes(easel, scenes, soft):
    one = scenes[0]
    mask = np.zeros(one.picture.shape[:2], np.uint8)
    middle = slice(len(mask) // 4, len(mask) // 2)
    mask[middle, middle] = 255
    task = Inpaint(picture=ANY, mask=ANY, strength=1, mask_blur=0, soft=soft)
    painted = easel.paint(
        "a red balloon at sunset", 3, task, Inputs(picture=one.picture, mask=mask), steps=STEPS
    )
    assert np.array_equal(painted[mask == 0], one.picture[mask == 0])
    assert (painted != one.picture)[mask > 0].mean() > 0.5


@pytest.mark.skipif(not DEPTH.is_dir(), reason="the depth model is not bundled yet")
def test_depth_keeps_the_outlines_better_than_words_alone(easel, scenes):
    deep = Easel(DEPTH)
    kept, alone = [], []
    for one in scenes:
        words = prompt_of(one.attributes)
        inputs = Inputs(picture=one.picture, depth=one.depth)
        task = DepthToImage(picture=ANY, strength=1.0)
        painted = deep.paint(words, one.seed, task, inputs, steps=STEPS)
        kept.append(measure.edge_agreement(one.picture, painted))
        words_alone = easel.paint(words, one.seed, steps=STEPS)
        alone.append(measure.edge_agreement(one.picture, words_alone))
    assert np.mean(kept) > np.mean(alone) + 0.05
