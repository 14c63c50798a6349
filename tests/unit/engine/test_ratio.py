"""The arithmetic and the page of the benchmarks."""

from __future__ import annotations

import torch

from benchmarks.ratio import Ratio, compare
from benchmarks.report import page

DRIFTING = Ratio(
    name="ours / theirs",
    model="tiny",
    target=1.0,
    ours=[1.0, 2.0, 4.0],
    other=[2.0, 4.0, 5.0],
    gflops=[100.0, 50.0, 40.0],
)


def test_a_drift_of_the_machine_cancels_out() -> None:
    assert DRIFTING.value == 0.5
    assert DRIFTING.spread == (0.5, 0.8)


def test_both_are_run_once_more_than_they_are_timed() -> None:
    runs = []
    ratio = compare(
        "name",
        "model",
        lambda: runs.append("ours"),
        lambda: runs.append("other"),
        rounds=2,
        dtype=torch.float32,
    )
    assert runs == ["ours", "other", "ours", "other", "other", "ours"]
    assert len(ratio.ours) == len(ratio.other) == len(ratio.gflops) == 2


def test_the_page_names_target_and_machine() -> None:
    text = page([DRIFTING], "CPU fp32")
    assert "| ours / theirs | tiny | **0.50** | 0.50 - 0.80 | ≤ 1.00 |" in text
    assert "computing in CPU fp32" in text
