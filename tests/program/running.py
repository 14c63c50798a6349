"""The program as a process of its own, which may be killed and started again."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import requests
from PIL import Image
from safetensors.torch import load_file, save_file

from tests.tiny_folder import save_tiny_model

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180.0  # seconds for anything that the machine may be too busy for


def wait_for(there: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What `there` returns as soon as it is true."""
    until = time.monotonic() + seconds
    while not (found := there()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
    return found


class Program:
    """`python app.py` on a models and an outputs folder; the port stays the same."""

    def __init__(self, models: Path, outputs: Path, *options: str) -> None:
        self.outputs = outputs
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._command = [
            sys.executable, "app.py", "--port", str(self.port), "--models", str(models),
            "--outputs", str(outputs), "--device", "cpu", "--dtype", "fp32", *options,
        ]  # fmt: skip
        self._process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.DEVNULL)
        wait_for(self._answers)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the program has ended"
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/sdapi/v1/cmd-flags", timeout=30).ok
        return False

    def kill(self) -> None:
        """kill -9"""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As Ctrl+C does."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def post(self, route: str, **body: Any) -> requests.Response:
        return requests.post(f"{self.url}/sdapi/v1/{route}", json=body, timeout=PATIENCE)

    def ask_for(self, **body: Any) -> threading.Thread:
        """Ask for a picture and do not mind if the answer never comes."""

        def ask() -> None:
            with contextlib.suppress(requests.RequestException):
                self.post("txt2img", **body)

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        return asking

    def progress(self) -> dict[str, Any]:
        address = f"{self.url}/sdapi/v1/progress?skip_current_image=true"
        return requests.get(address, timeout=PATIENCE).json()

    def state(self) -> dict[str, Any]:
        return requests.get(f"{self.url}/atelier/state", timeout=PATIENCE).json()

    def messages(self, job_id: str) -> list[dict[str, Any]]:
        """All messages of a job, once it is over."""
        address = f"{self.url}/atelier/jobs/{job_id}/events"
        with requests.get(address, stream=True, timeout=PATIENCE) as stream:
            lines = (line for line in stream.iter_lines() if line.startswith(b"data:"))
            return [json.loads(line.removeprefix(b"data:")) for line in lines]

    def painted(self, route: str, **body: Any) -> np.ndarray:
        """The pixels of the one picture that a request gives."""
        answer = self.post(route, **body)
        assert answer.ok, answer.text
        (picture,) = answer.json()["images"]
        with Image.open(io.BytesIO(base64.b64decode(picture))) as opened:
            return np.asarray(opened)

    def pictures(self, seeds: Collection[int] | None = None) -> dict[int, np.ndarray]:
        """The pixels of the saved pictures of these seeds, or all; each may be there once."""
        found: dict[int, np.ndarray] = {}
        for path in sorted(self.outputs.glob("????-??-??/*.png")):
            seed = int(path.stem.partition("-")[2])
            if seeds is not None and seed not in seeds:
                continue
            assert seed not in found, f"{path.name} was saved twice"
            with Image.open(path) as picture:
                found[seed] = np.asarray(picture)
        return found


def tiny_program(root: Path) -> Program:
    """On the checkpoints "one" and "two", and a VAE file of its own look."""
    save_tiny_model(root / "models" / "bundled" / "one")
    two = save_tiny_model(root / "models" / "checkpoints" / "two", change=0.02)
    (root / "models" / "vae").mkdir()
    vae = load_file(two / "vae" / "diffusion_pytorch_model.safetensors")
    vae["decoder.conv_out.bias"] += 0.2
    save_file(vae, root / "models" / "vae" / "loose.safetensors")
    return Program(root / "models", root / "outputs")
