"""The routes of the Models tab on a real folder: the table, imports, choices, refusals."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file

from tests.library.test_listing import CROSS, FIRST

MODELS = "/atelier/models"
BYTES = {"Content-Type": "application/octet-stream"}
VAE = save({"encoder.conv_in.weight": torch.zeros(2, 2)})
PATIENCE = 60.0


@pytest.fixture
def folder(studio) -> Path:
    return studio.library.models


def drop(client, name: str, content: bytes, **headers: str):
    return client.post(f"{MODELS}/files", params={"name": name}, content=content,
                       headers={**BYTES, **headers})  # fmt: skip


def rows(client) -> dict[str, dict]:
    return {row["name"]: row for row in client.get(MODELS).json()["rows"]}


def test_a_dropped_file_is_put_where_it_belongs_and_listed(client, folder):
    answer = drop(client, "../my vae.safetensors", VAE)
    assert answer.json() == {"sentence": "my vae.safetensors is in models/vae."}
    assert (folder / "vae" / "my vae.safetensors").read_bytes() == VAE
    row = rows(client)["my vae.safetensors"]
    assert (row["kind"], row["size"], row["usable"]) == ("VAE", len(VAE), True)
    assert not list((folder / ".library" / "imports").iterdir())


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.ckpt", VAE, "Only safetensors files"),
        ("a.safetensors", b"hello there", "“a.safetensors” is not a safetensors file"),
        ("a.safetensors", VAE[:-1], "is incomplete"),
        ("a.safetensors", b"", "too short"),
        ("a.safetensors", save({"x": torch.zeros(1, 1, 3)}), "of no use here"),
    ],
)
def test_what_cannot_be_used_is_a_sentence_and_leaves_nothing(
    client, folder, name, content, sentence
):
    answer = drop(client, name, content)
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]
    left = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json"]
    assert left == []


def test_a_form_of_another_site_cannot_import(client, folder):
    answer = drop(client, "a.safetensors", VAE, **{"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert not (folder / "vae").exists()


def test_a_file_larger_than_the_disk_is_refused_before_it_is_sent(client):
    answer = drop(client, "a.safetensors", VAE, **{"Content-Length": str(10**15)})
    assert answer.status_code == 422
    assert "GB to spare" in answer.json()["detail"]


def test_how_a_checkpoint_predicts_is_chosen_and_remembered(client, studio, folder):
    (folder / "checkpoints").mkdir()
    tensors = {FIRST: torch.zeros(1, 4, 1, 1), CROSS: torch.zeros(1, 1024)}
    save_file(tensors, folder / "checkpoints" / "sd2.safetensors")
    client.post(f"{MODELS}/refresh")
    assert (rows(client)["sd2.safetensors"]["prediction"]) == "epsilon"
    chosen = {"name": "sd2.safetensors", "prediction": "v_prediction"}
    assert client.post(f"{MODELS}/prediction", json=chosen).status_code == 200
    row = rows(client)["sd2.safetensors"]
    assert (row["prediction"], row["why"]) == (
        "v_prediction",
        "chosen in this program for a file of this content",
    )
    for wrong in ({"name": "gone"}, {"prediction": "x"}):
        assert client.post(f"{MODELS}/prediction", json=chosen | wrong).status_code == 422


def test_a_pickle_is_converted_and_only_one_that_is_offered(client, studio, folder):
    (folder / "vae").mkdir()
    torch.save({"encoder.conv_in.weight": torch.ones(2, 2)}, folder / "vae" / "old.pt")
    client.post(f"{MODELS}/refresh")
    assert rows(client)["old.pt"]["convertible"]
    for folder_name, file in (("vae", "../../secret.pt"), ("vae", "gone.pt"), ("..", "x")):
        place = {"folder": folder_name, "file": file}
        answer = client.post(f"{MODELS}/conversions", json=place)
        assert "is not there to be converted" in answer.json()["detail"]
    assert client.post(f"{MODELS}/conversions", json={"folder": "vae", "file": "old.pt"}).json()
    (work,) = ended(client)
    assert (work["state"], work["sentence"]) == ("done", "old.safetensors is beside it now.")
    found = rows(client)
    assert found["old.safetensors"]["usable"]
    assert not found["old.pt"]["convertible"]


def test_a_repository_without_a_name_is_refused_and_one_that_fails_says_why(client, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    answer = client.post(f"{MODELS}/downloads", json={"repository": " "})
    assert "Say which repository" in answer.json()["detail"]
    client.post(f"{MODELS}/downloads", json={"repository": "someone/something"})
    (work,) = ended(client)
    assert work["state"] == "failed"
    assert "cannot be reached" in work["sentence"]
    assert client.post(f"{MODELS}/work/{work['number']}/stop").json() == {"stopping": True}
    assert client.get(MODELS).json()["work"] == []


def ended(client) -> list[dict]:
    until = time.monotonic() + PATIENCE
    while any(work["state"] == "running" for work in client.get(MODELS).json()["work"]):
        assert time.monotonic() < until
        time.sleep(0.05)
    return client.get(MODELS).json()["work"]
