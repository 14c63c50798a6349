"""The catalogue: what a models folder holds, and what is wrong with the rest."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from backend.errors import ModelError
from backend.library.catalogue import scan
from backend.library.hashing import HashCache
from backend.library.vae_choice import AUTOMATIC, BUILT_IN, choose_vae

FIRST = "model.diffusion_model.input_blocks.0.0.weight"
CROSS = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"


def single_file(path: Path, channels: int, width: int, **more: list[int]) -> None:
    """A file with the telling tensors of a checkpoint, one byte an item."""
    shapes = {FIRST: [1, channels, 1, 1], CROSS: [1, width], **more}
    header, end = {}, 0
    for name, shape in shapes.items():
        items = 1
        for side in shape:
            items *= side
        header[name] = {"dtype": "U8", "shape": shape, "data_offsets": [end, end + items]}
        end += items
    raw = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + b"\0" * end)


def folder(path: Path, **unet: object) -> None:
    """A diffusers folder with its configurations and an empty weight file."""
    config = {"cross_attention_dim": 768, "in_channels": 4, "sample_size": 32, **unet}
    for name, content in {
        "model_index.json": {},
        "unet/config.json": config,
        "scheduler/scheduler_config.json": {"prediction_type": "v_prediction"},
    }.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(json.dumps(content))
    (path / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"weights")


@pytest.mark.parametrize(
    ("channels", "width", "family", "kind"),
    [
        (4, 768, "sd1", "base"),
        (9, 768, "sd1", "inpaint"),
        (4, 1024, "sd2", "base"),
        (5, 1024, "sd2", "depth"),
    ],
)
def test_tells_a_single_file_from_its_header(tmp_path, channels, width, family, kind):
    single_file(tmp_path / "checkpoints" / "mine.safetensors", channels, width)
    (spec,) = scan(tmp_path, HashCache()).checkpoints
    assert (spec.name, spec.family, spec.kind) == ("mine.safetensors", family, kind)


def test_tells_a_folder_from_its_configurations(tmp_path):
    folder(tmp_path / "checkpoints" / "own", in_channels=5)
    (spec,) = scan(tmp_path, HashCache()).checkpoints
    assert (spec.kind, spec.prediction, spec.native_size) == ("depth", "v_prediction", 256)


def test_lists_bundled_models_first(tmp_path):
    folder(tmp_path / "checkpoints" / "aardvark")
    folder(tmp_path / "bundled" / "storybook")
    names = [spec.name for spec in scan(tmp_path, HashCache()).checkpoints]
    assert names == ["storybook", "aardvark"]


def test_what_cannot_be_used_is_a_sentence_and_spoils_nothing_else(tmp_path):
    checkpoints = tmp_path / "checkpoints"
    single_file(checkpoints / "good.safetensors", 4, 768)
    single_file(checkpoints / "xl.safetensors", 4, 768, **{"conditioner.embedders.0.x": [1]})
    single_file(checkpoints / "odd.safetensors", 7, 768)
    single_file(checkpoints / "wide.safetensors", 4, 999)
    (checkpoints / "text.safetensors").write_text("hello, this is not a model at all")
    folder(checkpoints / "hollow")
    (checkpoints / "hollow" / "unet" / "config.json").write_text("{broken")
    found = scan(tmp_path, HashCache())
    assert [spec.name for spec in found.checkpoints] == ["good.safetensors"]
    assert "SDXL is not supported yet" in found.problems["xl.safetensors"]
    assert "takes 7 latent channels" in found.problems["odd.safetensors"]
    assert "999" in found.problems["wide.safetensors"]
    assert "not a safetensors file" in found.problems["text.safetensors"]
    assert "unet/config.json is missing or damaged" in found.problems["hollow"]
    with pytest.raises(ModelError, match="SDXL"):
        found.checkpoint("xl.safetensors")
    with pytest.raises(ModelError, match="no checkpoint called “gone”"):
        found.checkpoint("gone")


def test_a_hash_is_forgotten_when_the_file_changes(tmp_path):
    path, hashes = tmp_path / "file", HashCache()
    path.write_bytes(b"one")
    first = hashes.sha256(path)
    assert hashes.known(path) == first
    path.write_bytes(b"other")
    assert hashes.known(path) == ""
    assert hashes.sha256(path) != first


@pytest.mark.parametrize(
    ("wanted", "file"),
    [
        (AUTOMATIC, "mine.vae.safetensors"),
        (BUILT_IN, None),
        ("mine-too.safetensors", "mine-too.safetensors"),
    ],
)
def test_which_vae_a_choice_means(tmp_path, wanted, file):
    for name in ("mine-too.safetensors", "mine.vae.safetensors", "mi.safetensors"):
        (tmp_path / "vae").mkdir(exist_ok=True)
        (tmp_path / "vae" / name).write_bytes(b"")
    choice = choose_vae(scan(tmp_path, HashCache()), "mine.safetensors", wanted)
    assert (choice.vae.name if choice.vae else None) == file


def test_a_common_beginning_is_not_the_checkpoints_vae(tmp_path):
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "mine-too.vae.safetensors").write_bytes(b"")
    choice = choose_vae(scan(tmp_path, HashCache()), "mine.safetensors", AUTOMATIC)
    assert choice.vae is None
    assert "inside the checkpoint" in choice.reason
