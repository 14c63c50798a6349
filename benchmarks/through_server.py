"""A step as the browser gets it, through studio and server, against the engine alone."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import torch
import uvicorn

from backend.request import GenerationRequest, ModelChoice
from backend.studio.studio import Settings, Studio
from benchmarks.models import Subject
from benchmarks.ratio import Ratio, compare
from ui.server import build_server


def measure(subject: Subject, dtype: torch.dtype, rounds: int) -> list[Ratio]:
    """From the first step's end to the last one's, previews and all.

    Twice the picture's steps, so that one late step does not decide.
    """
    request = replace(
        subject.request,
        steps=2 * subject.request.steps,
        preview="Fitted linear",
        model=ModelChoice(checkpoint=subject.checkpoint),
    )
    painter = subject.painter(dtype)
    with tempfile.TemporaryDirectory() as folder:
        models = subject.models_folder(Path(folder))
        with _served(models, Path(folder) / "outputs", dtype) as (studio, url):
            ratio = compare(
                "a step through page and server / the engine alone",
                subject.name,
                lambda: _span(_steps_over_http(studio, url, request)),
                lambda: _span(_times(painter.paint(request))),
                rounds=rounds,
                dtype=dtype,
                target=1.05,
                timed=lambda work: work(),  # type: ignore[arg-type, return-value]
            )
    return [ratio]


def _span(moments: list[float]) -> float:
    return moments[-1] - moments[0]


def _times(steps: Iterator[object]) -> list[float]:
    return [time.perf_counter() for _ in steps]


def _steps_over_http(studio: Studio, url: str, request: GenerationRequest) -> list[float]:
    """When each step's message, preview and all, was read and understood by a client."""
    job_id = studio.submit(request, "benchmark")
    moments = []
    with httpx.stream("GET", f"{url}/atelier/jobs/{job_id}/events", timeout=120) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: ") and json.loads(line[6:])["kind"] == "step":
                moments.append(time.perf_counter())
    return moments


@contextmanager
def _served(models: Path, outputs: Path, dtype: torch.dtype) -> Iterator[tuple[Studio, str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        name = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}[dtype]
        settings = Settings(models=models, outputs=outputs, device="cpu", dtype=name)
        studio = Studio(settings)
        config = uvicorn.Config(build_server(studio), port=port, log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        studio.start()
        thread.start()
        while not server.started or studio.state().phase == "warming":
            time.sleep(0.05)
        yield studio, f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join()
        studio.close()
