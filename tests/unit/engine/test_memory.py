"""Whether a picture fits is told before it is begun."""

from __future__ import annotations

import pytest

from backend.engine import memory
from backend.errors import OutOfMemory


def test_a_small_picture_fits(components) -> None:
    memory.check_fits(components, 64, 64)


def test_a_picture_that_does_not_fit_is_refused(components, monkeypatch) -> None:
    monkeypatch.setattr(memory, "memory", lambda device: (10**9, 10**9))
    with pytest.raises(OutOfMemory, match="2048 x 2048 pixels"):
        memory.check_fits(components, 2048, 2048)


def test_the_need_grows_with_the_area(components) -> None:
    small = memory.decode_bytes(components, 256, 256)
    assert memory.decode_bytes(components, 512, 512) == 4 * small
