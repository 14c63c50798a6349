"""How a single file predicts, which no header says: what lies beside it, or what was chosen."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import save_file

from backend.errors import ModelError
from backend.library.library import Library
from tests.library import tiny

FIRST = "model.diffusion_model.input_blocks.0.0.weight"
CROSS = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
SHAPES = {FIRST: torch.zeros(1, 4, 1, 1), CROSS: torch.zeros(1, 1024)}
BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    path = tmp_path / "checkpoints" / "big.safetensors"
    save_file(SHAPES, path)
    return path


def only(models):
    (spec,) = Library(models).catalogue.checkpoints
    return spec.prediction, spec.native_size


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("big.yaml", "model:\n  params:\n    parameterization: v\n"),
        ("big.yaml", 'model: {params: {parameterization: "v"}}'),
        ("big.json", '{"prediction_type": "v_prediction"}'),
        ("big.json", '{"model": [{"parameterization": "v"}]}'),
    ],
)
def test_a_file_beside_it_says_v(tmp_path, file, name, content):
    file.with_name(name).write_text(content)
    assert only(tmp_path) == ("v_prediction", 768)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("big.yaml", "model:\n  params:\n    parameterization: eps\n"),
        ("big.yaml", "!!python/object/apply:os.system ['touch marker']"),
        ("big.yaml", "[" * 5000),
        ("big.yaml", BOMB),
        ("big.yaml", "x: " + "v" * 100_000),
        ("big.json", "["),
        ("big.json", '{"parameterization": ["v"]}'),
        ("other.yaml", "parameterization: v"),
    ],
)
def test_anything_else_beside_it_leaves_it_predicting_noise(tmp_path, file, name, content):
    file.with_name(name).write_text(content)
    assert only(tmp_path) == ("epsilon", 512)
    assert not list(tmp_path.rglob("marker"))


def test_the_metadata_of_the_file_says_v(tmp_path, file):
    save_file(SHAPES, file, {"modelspec.prediction_type": "v"})
    assert only(tmp_path) == ("v_prediction", 768)


def test_a_choice_is_remembered_by_content(tmp_path, file):
    library = Library(tmp_path)
    library.remember_prediction("big.safetensors", "v_prediction")
    assert library.checkpoint("big.safetensors").prediction == "v_prediction"
    file.rename(file.with_name("renamed.safetensors"))
    later = Library(tmp_path)
    later.hash_of(later.checkpoint("renamed.safetensors"))
    assert only(tmp_path) == ("v_prediction", 768)
    later.remember_prediction("renamed.safetensors", "epsilon")
    assert only(tmp_path) == ("epsilon", 512)


def test_a_folder_says_it_itself(tmp_path):
    folder = tmp_path / "checkpoints" / "folder"
    tiny.write(folder / "model_index.json", {})
    tiny.write(folder / "unet" / "config.json", tiny.unet_config("sd2", "base"))
    tiny.write(folder / "scheduler" / "scheduler_config.json", tiny.SCHEDULER)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").touch()
    with pytest.raises(ModelError, match="says itself how it predicts"):
        Library(tmp_path).remember_prediction("folder", "v_prediction")


def test_a_damaged_memory_is_begun_anew(tmp_path, file):
    for name in ("hashes.json", "predictions.json"):
        tiny.write(tmp_path / ".library" / name, ["nonsense"])
    assert only(tmp_path) == ("epsilon", 512)
    Library(tmp_path).remember_prediction("big.safetensors", "v_prediction")
    stored = json.loads((tmp_path / ".library" / "predictions.json").read_text())
    assert list(stored.values()) == ["v_prediction"]


def test_hashes_survive_a_restart(tmp_path, file):
    first = Library(tmp_path)
    digest = first.hash_of(first.checkpoint("big.safetensors"))
    assert Library(tmp_path).checkpoint("big.safetensors").sha256 == digest


def test_two_files_of_the_same_content_are_recognised(tmp_path, file):
    file.with_name("twin.safetensors").write_bytes(file.read_bytes())
    library = Library(tmp_path)
    for spec in library.catalogue.checkpoints:
        library.hash_of(spec)
    states = {row.name: row.state for row in Library(tmp_path).rows}
    assert states["twin.safetensors"] == "The same content as big.safetensors."
