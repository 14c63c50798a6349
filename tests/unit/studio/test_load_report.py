"""How far a load is, in sentences that come now and then."""

from __future__ import annotations

from backend.studio.load_report import LoadReport


def test_bytes_and_time_left_are_told_no_more_often_than_needed():
    told: list[str] = []
    moments = iter([0.0, 0.1, 1.0, 1.1, 2.0, 3.0])
    report = LoadReport("Loading dream", told.append, clock=lambda: next(moments))
    for gigabytes in (0.1, 0.5, 0.6, 1.0, 2.0):
        report(int(gigabytes * 1e9), 2_000_000_000)
    assert told == [
        "Loading dream: 0.50 of 2.00 GB, 3 s left.",
        "Loading dream: 1.00 of 2.00 GB, 2 s left.",
    ]
