"""The ratios as a page to read."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable
from datetime import date

import torch

from benchmarks.ratio import Ratio

HEAD = """# How fast, beside others

Written by `make bench`. Each row is two pieces of work timed in turns in one run: the median of
the rounds' ratios (below 1: we are faster), and the smallest and largest of a round. The matrix
product of the same minute tells what the machine could do at the time.

Measured on {day} with torch {torch}, {cores} CPU cores, computing in {label}.

| what | model | ratio | from - to | target | ours | other | matrix product |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def page(ratios: Iterable[Ratio], label: str) -> str:
    """The whole of RESULTS.md."""
    head = HEAD.format(day=date.today(), torch=torch.__version__, cores=os.cpu_count(), label=label)
    return head + "".join(_row(ratio) for ratio in ratios)


def _row(ratio: Ratio) -> str:
    low, high = ratio.spread
    cells = [
        ratio.name,
        ratio.model,
        f"**{ratio.value:.2f}**",
        f"{low:.2f} - {high:.2f}",
        "" if ratio.target is None else f"≤ {ratio.target:.2f}",
        f"{statistics.median(ratio.ours):.2f} {ratio.unit}",
        f"{statistics.median(ratio.other):.2f} {ratio.unit}",
        f"{min(ratio.gflops):.0f} - {max(ratio.gflops):.0f} GFLOP/s",
    ]
    return "| " + " | ".join(cells) + " |\n"
