"""What A1111's clients read of LoRAs, embeddings and hypernetworks; no torch is needed for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from safetensors.numpy import save_file

from backend.api.a1111 import a1111_router
from backend.studio.studio import Settings, Studio


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for folder in ("loras/inner", "embeddings", "hypernetworks"):
        (tmp_path / folder).mkdir(parents=True)
    layer = np.ones((2, 4), np.float32)
    save_file(
        {"lora_unet_x.lora_down.weight": layer},
        tmp_path / "loras/inner/ink.safetensors",
        metadata={"ss_output_name": "Ink of mine"},
    )
    (tmp_path / "loras" / "broken.safetensors").write_bytes(b"nothing")
    save_file({"emb_params": np.ones((3, 768), np.float32)}, tmp_path / "embeddings/a.safetensors")
    (tmp_path / "embeddings" / "b.pt").write_bytes(b"nothing")
    (tmp_path / "hypernetworks" / "mood.pt").write_bytes(b"nothing")
    return tmp_path


@pytest.fixture
def client(models: Path) -> TestClient:
    app = FastAPI()
    app.include_router(a1111_router(Studio(Settings(models=models, outputs=models / "out"))))
    return TestClient(app)


def test_loras(client):
    broken, ink = client.get("/sdapi/v1/loras").json()
    assert ink == {
        "name": "ink",
        "alias": "Ink of mine",
        "path": "ink.safetensors",
        "metadata": {"ss_output_name": "Ink of mine"},
    }
    assert broken == {
        "name": "broken",
        "alias": "broken",
        "path": "broken.safetensors",
        "metadata": {},
    }


def test_embeddings_and_hypernetworks(client):
    listed = client.get("/sdapi/v1/embeddings").json()
    assert listed["skipped"] == {}
    sizes = {name: (each["vectors"], each["shape"]) for name, each in listed["loaded"].items()}
    assert sizes == {"a": (3, 768), "b": (0, 0)}
    mood = {"name": "mood", "path": "mood.pt"}
    assert client.get("/sdapi/v1/hypernetworks").json() == [mood]


@pytest.mark.parametrize("route", ["refresh-loras", "refresh-embeddings"])
def test_a_new_file_is_found_after_a_refresh(client, models, route):
    (models / "hypernetworks" / "new.pt").write_bytes(b"")
    assert client.post(f"/sdapi/v1/{route}").status_code == 200
    names = [each["name"] for each in client.get("/sdapi/v1/hypernetworks").json()]
    assert names == ["mood", "new"]
