"""Files dropped on the page: to the folder of their kind, under a name that can do no harm."""

from __future__ import annotations

import os

import pytest
import torch
from safetensors.torch import save_file

from backend.errors import ModelError
from backend.library.importing import import_file
from tests.library.test_listing import CROSS, FIRST

KINDS = {
    "vae": {"encoder.conv_in.weight": torch.zeros(2, 2)},
    "loras": {"lora_unet_x.lora_down.weight": torch.zeros(2, 2)},
    "embeddings": {"emb_params": torch.zeros(2, 8)},
    "checkpoints": {
        FIRST: torch.zeros(1, 4, 1, 1),
        CROSS: torch.zeros(1, 768),
    },
}


@pytest.fixture
def dropped(tmp_path):
    path = tmp_path / "upload" / "blob"
    path.parent.mkdir()
    save_file(KINDS["vae"], path)
    return path


@pytest.mark.parametrize("folder", KINDS)
def test_a_file_goes_where_its_kind_belongs(tmp_path, dropped, folder):
    save_file(KINDS[folder], dropped)
    content = dropped.read_bytes()
    path = import_file(tmp_path / "models", dropped, "mine.safetensors")
    assert path == tmp_path / "models" / folder / "mine.safetensors"
    assert path.read_bytes() == content
    assert not dropped.exists()
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("My VAE (v1.5)-fp16.safetensors", "My VAE (v1.5)-fp16.safetensors"),
        ("über.safetensors", "über.safetensors"),
        ("../../evil.safetensors", "evil.safetensors"),
        ("/etc/evil.safetensors", "evil.safetensors"),
        ("C:\\models\\evil.SAFETENSORS", "evil.safetensors"),
        ("<img src=x onerror=alert(1)>.safetensors", "_img src_x onerror_alert(1)_.safetensors"),
        ("a\0b\nc.safetensors", "a_b_c.safetensors"),
        (".hidden.safetensors", "hidden.safetensors"),
        (".safetensors", "unnamed.safetensors"),
        ("x" * 500 + ".safetensors", "x" * 120 + ".safetensors"),
    ],
)
def test_a_name_can_do_no_harm(tmp_path, dropped, name, expected):
    path = import_file(tmp_path / "models", dropped, name)
    assert path == tmp_path / "models" / "vae" / expected


def test_nothing_is_written_over(tmp_path, dropped):
    first = import_file(tmp_path, dropped, "a.safetensors")
    content = first.read_bytes()
    save_file({"encoder.conv_in.weight": torch.ones(2, 2)}, dropped)
    with pytest.raises(ModelError, match="is in models/vae already"):
        import_file(tmp_path, dropped, "a.safetensors")
    assert first.read_bytes() == content


def no_links(source, target):
    raise PermissionError(1, "Operation not permitted")


def test_a_disk_without_links_takes_files_too(tmp_path, dropped, monkeypatch):
    monkeypatch.setattr("os.link", no_links)
    content = dropped.read_bytes()
    path = import_file(tmp_path, dropped, "a.safetensors")
    assert path.read_bytes() == content
    assert not dropped.exists()


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_comes_at_the_last_moment_is_not_written_over(
    tmp_path, dropped, monkeypatch, links
):
    link = os.link

    def late(source, target):
        target.write_bytes(b"theirs")
        (link if links else no_links)(source, target)

    monkeypatch.setattr("os.link", late)
    with pytest.raises(ModelError, match="is in models/vae already"):
        import_file(tmp_path, dropped, "a.safetensors")
    assert (tmp_path / "vae" / "a.safetensors").read_bytes() == b"theirs"
    assert dropped.exists()


def test_a_checkpoint_of_an_unknown_kind_is_refused_with_what_is_known(tmp_path, dropped):
    save_file({FIRST: torch.zeros(1, 7, 1, 1), CROSS: torch.zeros(1, 768)}, dropped)
    with pytest.raises(ModelError, match="takes 7 latent channels; models with 4"):
        import_file(tmp_path / "models", dropped, "a.safetensors")


@pytest.mark.parametrize("name", ["a.ckpt", "a.pt", "a", "a.safetensors.exe", ""])
def test_only_safetensors(tmp_path, dropped, name):
    with pytest.raises(ModelError, match="Only safetensors"):
        import_file(tmp_path / "models", dropped, name)


@pytest.mark.parametrize("content", [b"", b"This is a page of text.", b"PK\x03\x04" + b"\0" * 99])
def test_a_broken_file_is_refused(tmp_path, dropped, content):
    dropped.write_bytes(content)
    with pytest.raises(ModelError):
        import_file(tmp_path / "models", dropped, "a.safetensors")
    assert not (tmp_path / "models").exists()


def test_a_file_of_no_use_is_refused(tmp_path, dropped):
    save_file({"x": torch.zeros(1, 1, 3)}, dropped)
    with pytest.raises(ModelError, match="of no use here"):
        import_file(tmp_path / "models", dropped, "a.safetensors")
