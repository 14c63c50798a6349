"""How alike two pictures are in layout, in outlines and in fineness; numbers for judging tasks."""

import cv2
import numpy as np

COARSE = 16  # cells a side that say how a picture is laid out


def layout_agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of the coarse colours, -1 to 1, of two pictures uint8 (h, w, 3) of any sizes.

    Each is brought to 16 x 16 means in CIE Lab, each channel about its own mean: what is left is
    where which colour lies, whatever the picture's tint.
    """
    return _correlation(_coarse(a), _coarse(b))


def _coarse(picture: np.ndarray) -> np.ndarray:
    small = cv2.resize(picture, (COARSE, COARSE), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    return lab - lab.mean((0, 1))


def horizon(picture: np.ndarray) -> float:
    """Where the picture changes most from top to bottom, 0 (top) to 1: the edge of the sky.

    The row between the two that differ most in their mean colour over a tenth of the height.
    """
    small = cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32)
    rows = cv2.cvtColor(small / 255, cv2.COLOR_RGB2Lab).mean(1)
    reach = 4
    sums = np.concatenate([np.zeros((1, 3)), rows.cumsum(0)])
    above = (sums[reach:-reach] - sums[: -2 * reach]) / reach
    below = (sums[2 * reach :] - sums[reach:-reach]) / reach
    return float(np.linalg.norm(above - below, axis=1).argmax() + reach) / 64


def edge_agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of the outlines, -1 to 1, of two pictures uint8 of the same size.

    Outlines are the Sobel gradient of the lightness; its square root, so that a strong edge does
    not outvote all soft ones; blurred by 1.5 % of the side, so that an edge may move by a little.
    A change of all colours alike, as from day to night, changes it little.
    """
    return _correlation(_edges(a), _edges(b))


def _edges(picture: np.ndarray) -> np.ndarray:
    light = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[:, :, 0]
    light = cv2.GaussianBlur(light, (0, 0), 1.0)  # the grain of a texture is no outline
    across, down = cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)
    strength = np.sqrt(np.hypot(across, down))
    return cv2.GaussianBlur(strength, (0, 0), 0.015 * max(picture.shape))


def fine_detail(picture: np.ndarray, where: np.ndarray) -> float:
    """Mean lightness (of 100) by which pixels `where` (h, w) differ from their surroundings."""
    light = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[:, :, 0]
    around = cv2.GaussianBlur(light, (0, 0), 0.012 * max(picture.shape))
    return float(np.abs(light - around)[where].mean())


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Root of the mean squared difference of two pictures, in 0..255."""
    return float(np.sqrt(((a.astype(np.float32) - b) ** 2).mean()))


def crude_sketch(picture: np.ndarray, colours: int = 6) -> np.ndarray:
    """The picture as a child would lay it down: a few flat colours in rough shapes."""
    small = cv2.medianBlur(cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA), 7)
    points = small.reshape(-1, 3).astype(np.float32)
    ends = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1.0)
    cv2.setRNGSeed(0)
    start = np.zeros((len(points), 1), np.int32)
    _, labels, centres = cv2.kmeans(points, colours, start, ends, 3, cv2.KMEANS_PP_CENTERS)
    flat = cv2.medianBlur(labels.reshape(64, 64).astype(np.uint8), 5)
    large = cv2.resize(flat, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    rounded = cv2.medianBlur(large, 2 * (picture.shape[0] // 32) + 1)
    return np.asarray(centres).round().astype(np.uint8)[np.asarray(rounded, np.uint8)]


def flat_parts(sketch: np.ndarray) -> np.ndarray:
    """True (h, w) for the pixels of a sketch that are away from every edge in it."""
    edges = np.zeros(sketch.shape[:2], np.uint8)
    edges[1:] |= (sketch[1:] != sketch[:-1]).any(-1)
    edges[:, 1:] |= (sketch[:, 1:] != sketch[:, :-1]).any(-1)
    reach = 2 * round(0.03 * max(sketch.shape)) + 1
    return cv2.dilate(edges, np.ones((reach, reach), np.uint8)) == 0


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    x, y = a.ravel() - a.mean(), b.ravel() - b.mean()
    length = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / length if length > 0 else 0.0
