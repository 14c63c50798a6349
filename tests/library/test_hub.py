"""Downloads from a hub: into the right folder, continued, checked, and refused in a sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from backend.errors import ModelError, Stopped
from backend.library.hub import download as module
from backend.library.hub.client import Hub
from backend.library.hub.download import download
from backend.library.loading import load_checkpoint
from backend.library.telling import tell
from backend.library.watch import Watch
from tests.library import tiny
from tests.library.small_hub import SmallHub, entry, serve

EMBEDDING = save({"emb_params": torch.zeros(20, 768)})
NAME = "artist/cat"


@pytest.fixture
def hub(monkeypatch):
    small = SmallHub({"cat.safetensors": EMBEDDING, "README.md": b"# cat"})
    server = serve(small)
    monkeypatch.setenv("HF_ENDPOINT", small.endpoint)
    yield small
    server.shutdown()
    server.server_close()


def fetch(models: Path, repository: str = NAME, **options) -> Path:
    return download(models, repository, patience=0.0, **options)


def listed(models: Path) -> list[str]:
    """What stands in the models folder, but for what the program remembers."""
    return sorted(
        path.relative_to(models).as_posix()
        for path in models.rglob("*")
        if path.is_file() and ".library" not in path.parts
    )


def test_the_only_weights_go_where_they_belong(tmp_path, hub):
    counts = []
    path = fetch(tmp_path, watch=Watch(lambda done, total: counts.append((done, total))))
    assert path == tmp_path / "embeddings" / "cat.safetensors"
    assert path.read_bytes() == EMBEDDING
    assert counts[-1] == (len(EMBEDDING), len(EMBEDDING))
    assert not list((tmp_path / ".library" / "downloads").iterdir())


@pytest.mark.parametrize(
    ("tensors", "folder"),
    [
        ({"a.lora_down.weight": torch.zeros(2, 2)}, "loras"),
        ({"encoder.conv_in.weight": torch.zeros(2, 2)}, "vae"),
        ({"model.diffusion_model.input_blocks.0.0.weight": torch.zeros(2, 2)}, "checkpoints"),
    ],
)
def test_a_named_file_among_several(tmp_path, hub, tensors, folder):
    hub.files["sub/one (v1.5).safetensors"] = save(tensors)
    assert fetch(tmp_path, file="sub/one (v1.5).safetensors").parent == tmp_path / folder


@pytest.mark.parametrize(
    "file", ["pytorch_lora_weights.safetensors", "diffusion_pytorch_model.fp16.safetensors"]
)
def test_a_file_whose_name_says_nothing_gets_the_repositorys(tmp_path, hub, file):
    hub.files = {file: save({"a.lora_down.weight": torch.zeros(2, 2)})}
    assert fetch(tmp_path) == tmp_path / "loras" / "cat.safetensors"


def test_a_diffusers_folder(tmp_path, hub):
    source = tiny.make_folder(tmp_path / "source")
    files = {path.relative_to(source).as_posix(): path for path in source.rglob("*.*")}
    hub.files = {name: path.read_bytes() for name, path in files.items()}
    hub.files |= {"pytorch_model.bin": b"pickle", "unet/evil.py": b"code", "sub/x.md": b"text"}
    path = fetch(tmp_path / "models")
    assert listed(tmp_path / "models") == sorted(f"checkpoints/cat/{name}" for name in files)
    load_checkpoint(tell(path).spec)


def test_a_broken_connection_is_taken_up_again(tmp_path, hub):
    hub.breaks_after = 10_000
    assert fetch(tmp_path).read_bytes() == EMBEDDING
    assert [wanted for path, wanted in hub.requests if "resolve" in path][:3] == [
        *("", "bytes=10000-", "bytes=20000-"),
    ]


def test_a_hub_that_sends_nothing_is_given_up_and_the_rest_kept(tmp_path, hub):
    hub.breaks_after = 0
    with pytest.raises(ModelError, match="broke off"):
        fetch(tmp_path)
    assert listed(tmp_path) == []


def test_a_stopped_download_goes_on_where_it_was(tmp_path, hub, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", 1000)
    asked = iter([False] * 20)
    with pytest.raises(Stopped):
        fetch(tmp_path, watch=Watch(stop=lambda: next(asked, True)))
    assert listed(tmp_path) == []
    hub.requests.clear()
    assert fetch(tmp_path).read_bytes() == EMBEDDING
    assert hub.requests[-1][1] == "bytes=21000-"


def test_a_hub_without_ranges_sends_it_again(tmp_path, hub, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", 1000)
    asked = iter([False] * 20)
    with pytest.raises(Stopped):
        fetch(tmp_path, watch=Watch(stop=lambda: next(asked, True)))
    hub.ranges = False
    assert fetch(tmp_path).read_bytes() == EMBEDDING


def test_another_server_of_the_hub(tmp_path, hub):
    hub.redirect = f"{hub.endpoint}/cdn"
    assert fetch(tmp_path).read_bytes() == EMBEDDING


@pytest.mark.parametrize("address", ["file:///etc/passwd?", "ftp://127.0.0.1/", "gopher://x/"])
def test_a_way_out_of_http_is_not_followed(tmp_path, hub, address):
    hub.redirect = address
    with pytest.raises(ModelError):
        fetch(tmp_path)
    assert listed(tmp_path) == []


def test_damaged_content_is_thrown_away(tmp_path, hub):
    hub.spoilt = True
    with pytest.raises(ModelError, match="came damaged"):
        fetch(tmp_path)
    assert not list((tmp_path / ".library" / "downloads").iterdir())
    hub.spoilt = False
    assert fetch(tmp_path).read_bytes() == EMBEDDING


def test_a_full_disk_is_told_before_anything_is_fetched(tmp_path, hub, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=module.SPARE_BYTES + 100)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ModelError, match="the disk has"):
        fetch(tmp_path)
    assert len(hub.requests) == 1


def test_what_is_here_is_not_written_over(tmp_path, hub):
    fetch(tmp_path)
    with pytest.raises(ModelError, match="is in models/embeddings already"):
        fetch(tmp_path)


@pytest.mark.parametrize(
    "name", ["../../cat.safetensors", "/etc/cat.safetensors", "a/../../cat.safetensors",
             ".hidden.safetensors", "a\\b.safetensors", "a\nb.safetensors", "C:cat.safetensors"]
)  # fmt: skip
def test_names_that_lead_elsewhere_are_not_there(tmp_path, hub, name):
    hub.files = {}
    hub.listed = [entry(name, EMBEDDING)]
    for options in ({}, {"file": name}):
        with pytest.raises(ModelError, match="has no safetensors file|has no file"):
            fetch(tmp_path / "models", **options)
    assert listed(tmp_path) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"lfs": {"size": "big"}},
        {"lfs": None, "size": None},
        {"lfs": None, "blobId": 7},
        {"lfs": [1]},
        {"lfs": {"sha256": "../../x", "size": 3}},
        {"lfs": {"sha256": "00", "size": 3}},
        {"rfilename": None, "size": -1},
    ],
)
def test_a_hostile_listing_is_a_sentence(tmp_path, hub, changes):
    hub.listed = [{**entry("cat.safetensors", EMBEDDING), **changes}]
    with pytest.raises(ModelError):
        fetch(tmp_path)
    assert listed(tmp_path) == []


@pytest.mark.parametrize(
    ("status", "sentence"), [(401, "account"), (404, "no “artist"), (500, "500")]
)
def test_a_refusal_is_a_sentence(tmp_path, hub, status, sentence):
    hub.status = status
    with pytest.raises(ModelError, match=sentence):
        fetch(tmp_path)


@pytest.mark.parametrize("name", ["cat", "a/b/c", "../etc", "a/..", "http://x/y", "a/b?c", "a /b"])
def test_what_is_no_repository_is_not_asked_for(tmp_path, hub, name):
    with pytest.raises(ModelError, match="looks like"):
        fetch(tmp_path, name)
    assert hub.requests == []


def test_no_network_is_a_sentence(tmp_path):
    with pytest.raises(ModelError, match="cannot be reached"):
        fetch(tmp_path, hub=Hub("http://127.0.0.1:9"))


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"pytorch_model.bin": b""}, "no safetensors file"),
        ({"a.safetensors": b"", "b.safetensors": b""}, "name one of: a.safetensors, b"),
        ({"model_index.json": b"{}"}, "lacks scheduler/scheduler_config.json"),
        ({"x.safetensors": save({"x": torch.zeros(1, 1, 3)})}, "of no use here"),
        ({"x.safetensors": b"This is a page of text and no model."}, "not a safetensors file"),
    ],
)
def test_a_repository_of_no_use_is_a_sentence(tmp_path, hub, files, sentence):
    hub.files = files
    with pytest.raises(ModelError, match=sentence):
        fetch(tmp_path)
    assert listed(tmp_path) == []
