"""VAE files: every layout, and which one a choice means."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file, save_file

from backend.errors import ModelError
from backend.library.catalogue import scan
from backend.library.convert import convert
from backend.library.hashing import HashCache
from backend.library.loading import load_vae
from backend.library.vae_choice import choose_vae
from tests.library import tiny

EARLY = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
PREFIX = "first_stage_model."


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder, and the same as a single file."""
    path = tmp_path_factory.mktemp("models")
    convert(tiny.make_folder(path / "folder"), path / "file.safetensors")
    return path


@pytest.fixture(scope="module")
def ours(models):
    return load_file(models / "folder" / "vae" / "diffusion_pytorch_model.safetensors")


@pytest.fixture(scope="module")
def theirs(models):
    """The VAE's tensors as the original names them, without a prefix."""
    tensors = load_file(models / "file.safetensors")
    return {
        name.removeprefix(PREFIX): each for name, each in tensors.items() if name.startswith(PREFIX)
    }


def early(name):
    for new, old in EARLY.items() if ".attentions." in name else ():
        name = name.replace(new, old)
    return name


def check(vae, expected):
    state = vae.state_dict()
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], expected[name]) for name in state)


def test_diffusers_layout(tmp_path, ours):
    save_file(ours, tmp_path / "vae.safetensors")
    check(load_vae(tmp_path / "vae.safetensors", tiny.VAE), ours)


def test_diffusers_early_names(tmp_path, ours):
    save_file({early(name): each for name, each in ours.items()}, tmp_path / "vae.safetensors")
    check(load_vae(tmp_path / "vae.safetensors", tiny.VAE), ours)


@pytest.mark.parametrize("prefix", ["", PREFIX, "vae."])
def test_original_layout(tmp_path, theirs, ours, prefix):
    loss = {"loss.logvar": torch.zeros(1)}  # training leaves such things behind
    save_file(
        {**{prefix + name: each for name, each in theirs.items()}, **loss},
        tmp_path / "vae.safetensors",
    )
    check(load_vae(tmp_path / "vae.safetensors", tiny.VAE), ours)


@pytest.mark.parametrize("nested", [False, True])
def test_a_pickle(tmp_path, theirs, ours, nested):
    content = {"state_dict": theirs, "epoch": 3, "optimizer_states": [theirs]}
    torch.save(content if nested else theirs, tmp_path / "vae.pt")
    check(load_vae(tmp_path / "vae.pt", tiny.VAE), ours)


@pytest.mark.parametrize("source", ["folder", "file.safetensors", "folder/vae"])
def test_the_vae_inside_any_checkpoint(models, ours, source):
    check(load_vae(models / source, tiny.VAE), ours)


def test_a_vae_of_another_size_is_refused(models):
    config = {**tiny.VAE, "block_out_channels": [8, 8, 8, 8]}
    with pytest.raises(ModelError, match="The VAE does not fit: .* expected"):
        load_vae(models / "file.safetensors", config)


def test_a_file_that_is_no_vae_is_refused(tmp_path):
    save_file({"something": torch.zeros(3)}, tmp_path / "vae.safetensors")
    with pytest.raises(ModelError, match="has no VAE inside"):
        load_vae(tmp_path / "vae.safetensors", tiny.VAE)


@pytest.mark.parametrize(
    ("files", "checkpoint", "expected"),
    [
        (["mine.vae.safetensors"], "mine.safetensors", "mine.vae.safetensors"),
        (["mine.vae.pt"], "mine.safetensors", "mine.vae.pt"),
        (["mine.safetensors"], "mine.safetensors", None),
        (["mine.pt", "mine.vae.safetensors"], "mine.safetensors", "mine.vae.safetensors"),
        (["mine.vae.safetensors"], "mine", "mine.vae.safetensors"),
        (["mine.vae.safetensors"], "mine.v2", None),
        (["mine.vae.safetensors"], "mine-2.safetensors", None),
        (["mine-2.vae.safetensors"], "mine.safetensors", None),
        (["Mine.vae.safetensors"], "mine.safetensors", None),
    ],
)
def test_automatic_is_the_exact_name_and_nothing_else(tmp_path, files, checkpoint, expected):
    (tmp_path / "vae").mkdir()
    for name in files:
        (tmp_path / "vae" / name).touch()
    choice = choose_vae(scan(tmp_path, HashCache()), checkpoint, "Automatic")
    assert (choice.vae.name if choice.vae else None) == expected
    assert choice.reason


def test_a_vae_from_another_checkpoint_by_name(tmp_path, models):
    (tmp_path / "checkpoints").mkdir()
    for name in ("one.safetensors", "two.safetensors"):
        (tmp_path / "checkpoints" / name).hardlink_to(models / "file.safetensors")
    catalogue = scan(tmp_path, HashCache())
    choice = choose_vae(catalogue, "one.safetensors", "From checkpoint: two.safetensors")
    assert choice.vae is not None
    assert choice.vae.path.name == "two.safetensors"
    assert choice.reason == "The one inside two.safetensors, as chosen."
    with pytest.raises(ModelError, match="no checkpoint called “three"):
        choose_vae(catalogue, "one.safetensors", "From checkpoint: three")
