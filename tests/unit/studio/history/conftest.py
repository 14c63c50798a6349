from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.studio.history.rooms import Room


@pytest.fixture
def room(tmp_path) -> Iterator[Room]:
    room = Room(tmp_path / "outputs")
    yield room
    room.close()
