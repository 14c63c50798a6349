"""A fake studio, and a server's client on the page's routes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from backend.request import GenerationRequest, ModelChoice
from tests.ui.fake_studio import FakeStudio
from ui.routes import build_router


@pytest.fixture
def studio(tmp_path: Path) -> FakeStudio:
    return FakeStudio(tmp_path, pace=0.0)


@pytest.fixture
def client(studio: FakeStudio) -> TestClient:
    app = FastAPI()
    app.include_router(build_router(studio))
    return TestClient(app)


@pytest.fixture
def paint(studio: FakeStudio):
    """Paint a small picture to its end and return the job's id."""

    def run(**changes) -> str:
        settings = {"width": 64, "height": 64, "steps": 3, "seed": 5} | changes
        model = ModelChoice(checkpoint="storybook")
        job_id = studio.submit(GenerationRequest(model=model, **settings), "tests")
        until = time.monotonic() + 10
        while (view := studio.job(job_id)) and view.state in ("queued", "running"):
            assert time.monotonic() < until
            time.sleep(0.01)
        return job_id

    return run
