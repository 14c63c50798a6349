"""The generator of storybook scenes: seeded, and its captions say only what is there."""

import numpy as np
import pytest

from training.labels import QUESTIONS, answers, labels
from training.scenes import Attributes, Thing, captions, render, scene, wording
from training.scenes.attributes import COLOURS, SIDES

SEEDS = range(300)


def _render(a: Attributes, seed: int = 0) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
    return render(a, np.random.default_rng(seed))


def _plain(**changes) -> Attributes:
    given = {
        "time": "day", "season": "summer", "terrain": "meadow", "disc": None,
        "clouds": False, "stars": False, "things": (), **changes,
    }  # fmt: skip
    return Attributes(**given)


def test_the_same_seed_gives_the_same_scene():
    first, second, other = scene(5), scene(5), scene(6)
    assert first.captions == second.captions
    assert np.array_equal(first.picture, second.picture)
    assert not np.array_equal(first.picture, other.picture)


def test_shapes_and_ranges():
    for seed in range(12):
        made = scene(seed)
        assert made.picture.shape == (256, 256, 3)
        assert made.picture.dtype == np.uint8
        assert made.depth.shape == (256, 256)
        assert 0 <= made.depth.min() <= made.depth.max() <= 1
        assert len(made.masks) == len(made.attributes.things)
        assert all(0 <= mask.min() <= mask.max() <= 1.001 for mask in made.masks)


def test_wording_needs_no_painting_and_agrees_with_the_scene():
    made = scene(11)
    assert wording(11) == (made.attributes, made.captions)


def test_captions_name_only_what_is_there():
    for seed in SEEDS:
        attributes, texts = wording(seed)
        kinds = {thing.kind for thing in attributes.things}
        for text in texts:
            assert ("cactus" in text) <= ("cactus" in kinds)
            assert ("balloon" in text) <= ("balloon" in kinds)
            assert ("lighthouse" in text) <= ("lighthouse" in kinds)
            assert ("moon" in text) <= (attributes.disc in ("moon", "crescent"))
            assert ("stars" in text) <= attributes.stars


def test_captions_name_no_side_where_nothing_stands():
    for seed in SEEDS:
        attributes, texts = wording(seed)
        sides = {thing.side for thing in attributes.things}
        for text in texts:
            assert ("on the left" in text) <= ("left" in sides)
            assert ("on the right" in text) <= ("right" in sides)


def test_captions_vary_in_wording():
    attributes, _ = wording(3)
    texts = captions(attributes, np.random.default_rng(0), 40)
    assert len(set(texts)) > 30


@pytest.mark.parametrize("side", SIDES)
def test_a_thing_stands_on_its_side(side):
    _, _, (mask,) = _render(_plain(things=(Thing("apple", "red", side),)))
    x = (mask.sum(0) * np.arange(256)).sum() / mask.sum()
    assert abs(x - {"left": 56, "middle": 128, "right": 200}[side]) < 16


@pytest.mark.parametrize("kind", COLOURS)
def test_every_kind_and_colour_can_be_painted(kind):
    for colour in COLOURS[kind] or (None,):
        terrain = "sea" if kind == "boat" else "meadow"
        scene_of_it = _plain(terrain=terrain, things=(Thing(kind, colour, "middle"),))
        _, depth, (mask,) = _render(scene_of_it)
        assert mask.mean() > 0.02
        assert depth[mask > 0.5].min() > 0.5


def test_night_is_darker_than_day():
    day, _, _ = _render(_plain())
    night, _, _ = _render(_plain(time="night"))
    assert night.mean() < day.mean() * 0.6


def test_the_sky_is_far_and_the_ground_is_near():
    _, depth, _ = _render(_plain(terrain="hills"))
    assert depth[:80].max() == 0
    assert depth[-1].min() > 0.9


def test_nothing_impossible_is_drawn():
    for seed in SEEDS:
        a, _ = wording(seed, 1)
        kinds = {thing.kind for thing in a.things}
        assert (a.season is None) == (a.terrain == "desert")
        assert "boat" not in kinds or a.terrain in ("sea", "lake")
        assert not (a.season == "winter" and "flowers" in kinds)
        assert len({thing.side for thing in a.things}) == len(a.things)


def test_labels_are_numbers_of_the_answers():
    a = _plain(things=(Thing("house", "blue", "left"),))
    found = dict(zip((q.name for q in QUESTIONS), labels(a), strict=True))
    for question in QUESTIONS:
        assert question.answers[found[question.name]] == answers(a).get(question.name, "none")
    assert answers(a)["house colour"] == "blue"
