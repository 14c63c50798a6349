"""Outlines that several things are made of, as lists of points in pixels."""

import numpy as np

from .canvas import Points, ellipse


def box(x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float]]:
    """A rectangle from its top left to its bottom right corner."""
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def trunk(x: float, rows: tuple[float, float], halves: tuple[float, float]) -> Points:
    """An upright shape about x: from row to row, half as wide as said above and below."""
    (top, foot), (above, below) = rows, halves
    return [(x - above, top), (x + above, top), (x + below, foot), (x - below, foot)]


def line(start: tuple[float, float], end: tuple[float, float], wide: float) -> Points:
    """A steep stroke from above to below, `wide` pixels across."""
    (x0, y0), (x1, y1), half = start, end, wide / 2
    return [(x0 - half, y0), (x0 + half, y0), (x1 + half, y1), (x1 - half, y1)]


def pill(x: float, top: float, foot: float, r: float) -> Points:
    """An upright bar with round ends of radius r."""
    upper = ellipse(x, top + r, r, r, (180, 360))
    return np.concatenate([upper, ellipse(x, foot - r, r, r, (0, 180))])
