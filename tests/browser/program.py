"""app.py in a process of its own, as an artist starts it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120_000  # a cold start on a busy machine


@dataclass(frozen=True)
class Program:
    url: str
    outputs: Path

    def pictures(self) -> list[Path]:
        return sorted(self.outputs.glob("????-??-??/*.png"))


@contextmanager
def started(outputs: Path, *arguments: str) -> Iterator[Program]:
    """Serve on a free port until the end of the `with`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "app.py", "--port", str(port), "--outputs", str(outputs)]
    process = subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        _wait_until_it_answers(f"http://127.0.0.1:{port}/")
        yield Program(f"http://127.0.0.1:{port}/", outputs)
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_it_answers(url: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(url).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the page does not answer")
