"""One program on two tiny models, shared by the tests here; each leaves it running."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.program.running import Program, tiny_program


@pytest.fixture(scope="session")
def program(tmp_path_factory) -> Iterator[Program]:
    program = tiny_program(tmp_path_factory.mktemp("program"))
    program.start()
    yield program
    program.kill()
