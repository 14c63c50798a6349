"""The measures of pictures say what they are for, on pictures made by hand."""

import cv2
import numpy as np
import pytest

from training import picture_measures as measure
from training.behaviour import changed, sky_mask, subjects
from training.scenes.render import scene

SIDE = 128


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return cv2.resize(scene(10_000_123, 1).picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="module")
def other() -> np.ndarray:
    return cv2.resize(scene(10_000_321, 1).picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def tinted(picture: np.ndarray) -> np.ndarray:
    """As by night: darker and bluer everywhere."""
    return (picture * np.array([0.35, 0.4, 0.65])).astype(np.uint8)


def test_a_picture_agrees_with_itself(picture):
    assert measure.layout_agreement(picture, picture) == pytest.approx(1)
    assert measure.edge_agreement(picture, picture) == pytest.approx(1)
    assert measure.distance(picture, picture) == 0


def test_outlines_outlive_another_light_and_layout_another_size(picture):
    assert measure.edge_agreement(picture, tinted(picture)) > 0.9
    small = cv2.resize(picture, (96, 96), interpolation=cv2.INTER_AREA)
    assert measure.layout_agreement(picture, small) > 0.95


def test_another_scene_or_a_mirrored_one_agrees_less(picture, other):
    for stranger in (other, picture[:, ::-1], picture[::-1]):
        assert measure.edge_agreement(picture, np.ascontiguousarray(stranger)) < 0.75
    assert measure.layout_agreement(picture, np.ascontiguousarray(picture[::-1])) < 0.3


def test_a_plain_picture_agrees_with_nothing(picture):
    plain = np.full_like(picture, 90)
    assert measure.edge_agreement(plain, picture) == 0
    assert measure.layout_agreement(plain, picture) == pytest.approx(0, abs=1e-3)


def test_the_horizon_is_where_two_colours_meet():
    halves = np.zeros((SIDE, SIDE, 3), np.uint8)
    halves[: SIDE * 3 // 4] = (140, 190, 240)
    halves[SIDE * 3 // 4 :] = (60, 130, 50)
    assert measure.horizon(halves) == pytest.approx(0.75, abs=0.03)


def test_a_sketch_is_flat_and_laid_out_as_its_picture(picture):
    sketch = measure.crude_sketch(picture)
    assert sketch.shape == picture.shape
    assert len(np.unique(sketch.reshape(-1, 3), axis=0)) <= 6
    assert measure.layout_agreement(sketch, picture) > 0.8
    flat = measure.flat_parts(sketch)
    assert 0.2 < flat.mean() < 1
    assert measure.fine_detail(sketch, flat) < 0.3 * measure.fine_detail(picture, flat)


def test_an_empty_sky_is_masked_and_a_full_one_is_not():
    found = subjects(SIDE)
    for one in (next(found) for _ in range(12)):
        mask = sky_mask(one)
        if mask is not None:
            assert not any(thing.kind == "balloon" for thing in one.attributes.things)
            assert one.depth[mask > 0].max() < 0.02


def test_one_attribute_changes_and_flowers_see_no_winter():
    for seed in range(200):
        before = scene_attributes(seed)
        name, after = changed(before, seed)
        assert getattr(before, name) != getattr(after, name)
        assert {"time": after.season == before.season, "season": after.time == before.time}[name]
        kinds = {thing.kind for thing in after.things}
        assert not (after.season == "winter" and "flowers" in kinds)


def scene_attributes(seed: int):
    from training.scenes import wording

    return wording(seed, 1)[0]
