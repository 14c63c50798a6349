"""Whether a picture is in a style: told from its colours and edges, learnt on rendered scenes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import cv2
import numpy as np

from .judge import prompt_of
from .paint import paint, pipeline
from .paths import HELD_OUT
from .reader import load, read
from .scenes import wording
from .styled import styled_pictures
from .styles import Style

_FIRST, _LEARNT = HELD_OUT + 700_000, 80
# A context in which a noise predictor wears what is judged.
Wearing = Callable[[Any], AbstractContextManager[Any]]


class StyleJudge:
    """Tells a style from the plain look by ridge regression on a few dozen figures of a picture."""

    def __init__(self, style: Style) -> None:
        plain = styled_pictures(lambda made: made.picture, _FIRST, _LEARNT)
        figures = _figures(np.concatenate([plain, styled_pictures(style, _FIRST, _LEARNT)]))
        self._mean, self._spread = figures.mean(0), figures.std(0) + 1e-6
        wanted = np.repeat([-1.0, 1.0], _LEARNT)
        x = self._scaled(figures)
        self._weights = np.linalg.solve(x.T @ x + 10 * np.eye(x.shape[1]), x.T @ wanted)

    def share(self, pictures: np.ndarray) -> float:
        """The share of pictures, uint8 (n, 256, 256, 3), that are in the style."""
        return float((self._scaled(_figures(pictures)) @ self._weights > 0).mean())

    def _scaled(self, figures: np.ndarray) -> np.ndarray:
        return (figures - self._mean) / self._spread


def judge(style: Style, wearing: Wearing, count: int) -> tuple[dict[str, float], np.ndarray]:
    """The shares of painted pictures in the style, with and without it, and what words still do.

    Returns the figures and the pictures with the style, for held-out prompts.
    """
    judging, first = StyleJudge(style), _FIRST + 10_000
    scenes = [wording(seed, 1)[0] for seed in range(first, first + count)]
    prompts, pipe = [prompt_of(a) for a in scenes], pipeline()
    without = paint(pipe, prompts, range(count), size=256)
    with wearing(pipe.unet):
        worn = paint(pipe, prompts, range(count), size=256)
    found = read(load(), worn)
    terrain = [f["terrain"] == a.terrain for f, a in zip(found, scenes, strict=True)]
    figures = {
        "in the style, with it": judging.share(worn),
        "in the style, without it": judging.share(without),
        "rendered scenes told right": told_right(judging, style),
        "terrain still as asked": float(np.mean(terrain)),
    }
    return figures, worn


def told_right(judging: StyleJudge, style: Style) -> float:
    """The share of rendered scenes, plain and in the style, that the judge tells right."""
    first = _FIRST + _LEARNT
    plain = styled_pictures(lambda made: made.picture, first, 60)
    return (judging.share(styled_pictures(style, first, 60)) + 1 - judging.share(plain)) / 2


def _figures(pictures: np.ndarray) -> np.ndarray:
    """Of each picture: a soft-edged histogram of colours, and how many edges of which strength.

    The pictures are made half as large first, so that the VAE's softness tells nothing.
    """
    return np.stack([_figures_of(p) for p in pictures])


def _figures_of(picture: np.ndarray) -> np.ndarray:
    small = cv2.resize(picture, (128, 128), interpolation=cv2.INTER_AREA).astype(np.float32)
    lab = cv2.cvtColor(small / np.float32(255), cv2.COLOR_RGB2LAB).reshape(-1, 3)
    grey = small.mean(2)
    steep = np.hypot(np.diff(grey, axis=0)[:, 1:], np.diff(grey, axis=1)[1:])
    edges = [(steep > level).mean() for level in (4, 10, 20, 40, 70)]
    tones = np.histogram(lab[:, 0], 8, (0, 100))[0] / len(lab)
    hues = np.histogram2d(lab[:, 1], lab[:, 2], 4, [(-80, 80), (-80, 80)])[0].ravel() / len(lab)
    return np.concatenate([lab.mean(0), lab.std(0), edges, tones, hues])
