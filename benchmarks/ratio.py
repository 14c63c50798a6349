"""Two pieces of work timed in turns, beside a matrix product of the same minute."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

Work = Callable[[], object]
PROBE_SIDE = 1024
PROBE_PRODUCTS = 8


def seconds(work: Work) -> float:
    """Wall-clock time of one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Seconds of ours and of the other, round by round; a ratio below 1 means we are faster.

    `target` is the ratio to stay at or under, or None where it is only looked at. `gflops` is what
    a matrix product reached in each round: where it varies, so does everything else. With another
    `unit` than seconds it is an amount of that which is compared.
    """

    name: str
    model: str
    target: float | None
    ours: list[float]
    other: list[float]
    gflops: list[float]
    unit: str = "s"

    @property
    def value(self) -> float:
        """The median over the rounds of ours / other, so that a drift cancels out."""
        return statistics.median(a / b for a, b in zip(self.ours, self.other, strict=True))

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest ratio of a round."""
        ratios = [a / b for a, b in zip(self.ours, self.other, strict=True)]
        return min(ratios), max(ratios)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two pieces of work by their names, to be told as the ratio `ours / other`."""

    name: str
    ours: str
    other: str
    target: float | None = None


def compare_all(
    model: str,
    works: Mapping[str, Work],
    pairs: Sequence[Pair],
    *,
    rounds: int,
    dtype: torch.dtype,
    timed: Callable[[Work], float] = seconds,
) -> list[Ratio]:
    """Time all works in turns, in an order that turns around, after one run that is not counted.

    Works that stand in several pairs are timed once a round for all of them. `timed` runs a piece
    of work and says how many seconds of it count.
    """
    for work in works.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in works}
    gflops = []
    for index in range(rounds):
        gflops.append(matrix_product_gflops(dtype))
        for name in list(works)[:: 1 if index % 2 == 0 else -1]:
            times[name].append(timed(works[name]))
    return [
        Ratio(
            name=pair.name,
            model=model,
            target=pair.target,
            ours=times[pair.ours],
            other=times[pair.other],
            gflops=gflops,
        )
        for pair in pairs
    ]


def compare(
    name: str,
    model: str,
    ours: Work,
    other: Work,
    *,
    rounds: int,
    dtype: torch.dtype,
    target: float | None = None,
    timed: Callable[[Work], float] = seconds,
) -> Ratio:
    """`compare_all` for a single pair."""
    pair = Pair(name=name, ours="ours", other="other", target=target)
    works = {"ours": ours, "other": other}
    return compare_all(model, works, [pair], rounds=rounds, dtype=dtype, timed=timed)[0]


def matrix_product_gflops(dtype: torch.dtype) -> float:
    """What this machine does at this moment, in 10^9 operations a second."""
    square = torch.ones(PROBE_SIDE, PROBE_SIDE, dtype=dtype)
    torch.matmul(square, square)
    taken = seconds(lambda: [torch.matmul(square, square) for _ in range(PROBE_PRODUCTS)])
    return PROBE_PRODUCTS * 2 * PROBE_SIDE**3 / taken / 1e9
