"""The bundled family follows words: few pictures, few steps, differences that are plain to see."""

import numpy as np
import pytest
from diffusers import StableDiffusionPipeline

from training.paint import paint, pipeline

SEEDS = (11, 12)


@pytest.fixture(scope="module")
def pipe() -> StableDiffusionPipeline:
    return pipeline()


def _painted(pipe, prompt: str, seeds=SEEDS) -> np.ndarray:
    return paint(pipe, [prompt] * len(seeds), seeds, steps=8).astype(np.float32)


def _sky(pictures: np.ndarray) -> np.ndarray:
    return pictures[:, : pictures.shape[1] * 2 // 5]


@pytest.fixture(scope="module")
def day(pipe) -> np.ndarray:
    return _painted(pipe, "rolling hills in summer by day")


@pytest.fixture(scope="module")
def night(pipe) -> np.ndarray:
    return _painted(pipe, "rolling hills in summer at night")


def test_night_comes_out_darker_than_day(day, night):
    assert (night.mean((1, 2, 3)) < day.mean((1, 2, 3)) * 0.75).all()


def test_winter_ground_is_paler_than_summer_ground(pipe, day):
    winter = _painted(pipe, "rolling hills in winter by day")
    spread = [np.ptp(p[:, -p.shape[1] // 5 :], axis=-1).mean() for p in (winter, day)]
    assert spread[0] < spread[1] * 0.6


def test_sunset_skies_are_warmer_than_day_skies(pipe, day):
    sunset = _painted(pipe, "rolling hills in summer at sunset")
    warmth = [(_sky(p)[..., 0] - _sky(p)[..., 2]).mean() for p in (sunset, day)]
    assert warmth[0] > warmth[1] + 30


def test_the_same_seed_paints_the_same_picture(pipe, day):
    again = _painted(pipe, "rolling hills in summer by day", SEEDS)
    assert np.abs(again - day).max() <= 1


def test_unknown_words_do_little_harm(pipe, night):
    strange = _painted(pipe, "rolling hills in summer at night, trending masterpiece octane")
    assert abs(strange.mean() - night.mean()) < 15
