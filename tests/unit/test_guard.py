"""The loopback guard: this machine's own page passes, others do not."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from backend.api.guard import objection


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "localhost:7860"},
        {"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:7860"},
        {"host": "[::1]:7860", "origin": "http://[::1]:7860"},
    ],
)
def test_passes_this_machines_own_page(headers):
    assert objection(Headers(headers)) == ""


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "evil.example"},
        {"host": "localhost.evil.example:7860"},
        {"host": "localhost:7860", "origin": "http://evil.example"},
        {"host": "localhost:7860", "origin": "null"},
        {"host": "localhost:7860", "origin": "http://localhost:9999"},
        {"host": "[broken"},
    ],
)
def test_refuses_other_sites(headers):
    assert objection(Headers(headers)).endswith(".")
