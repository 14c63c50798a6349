"""The table of everything that was found."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from backend.library.library import Library
from tests.library import tiny

FIRST = "model.diffusion_model.input_blocks.0.0.weight"
CROSS = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"


def test_all_kinds_in_words(tmp_path):
    for folder in ("checkpoints", "vae", "loras", "embeddings", "hypernetworks"):
        (tmp_path / folder).mkdir()
    tensors = {FIRST: torch.zeros(1, 9, 1, 1), CROSS: torch.zeros(1, 1024)}
    for name in ("a", "twin"):
        save_file(tensors, tmp_path / "checkpoints" / f"{name}.safetensors")
    (tmp_path / "checkpoints" / "a.yaml").write_text("parameterization: v")
    (tmp_path / "checkpoints" / "old.ckpt").write_bytes(b"\x80\x02")
    tiny.write(tmp_path / "checkpoints" / "f" / "model_index.json", {})
    (tmp_path / "vae" / "fine.pt").write_bytes(b"1234")
    (tmp_path / "loras" / "ink.safetensors").write_bytes(b"12")
    (tmp_path / "embeddings" / "cat.png").write_bytes(b"1")
    (tmp_path / "hypernetworks" / "style.pt").write_bytes(b"1")
    library = Library(tmp_path)
    for spec in library.catalogue.checkpoints:
        library.hash_of(spec)
    table = {row.name: row for row in Library(tmp_path).rows}
    assert {name: (row.kind, row.family) for name, row in table.items()} == {
        "a.safetensors": ("inpainting", "Stable Diffusion 2"),
        "twin.safetensors": ("inpainting", "Stable Diffusion 2"),
        "fine.pt": ("VAE", ""),
        "ink": ("LoRA", ""),
        "cat": ("textual inversion", ""),
        "style": ("hypernetwork", ""),
        "old.ckpt": ("checkpoint", ""),
        "f": ("checkpoint", ""),
    }
    usable = {name for name, row in table.items() if row.usable}
    assert usable == {"a.safetensors", "twin.safetensors", "fine.pt", "cat", "style"}
    assert table["twin.safetensors"].state == "The same content as a.safetensors."
    assert "convert it to safetensors" in table["old.ckpt"].state
    assert {name for name, row in table.items() if row.convertible} == {
        "old.ckpt", "fine.pt", "style",
    }  # fmt: skip
    assert "unet/config.json is missing" in table["f"].state
    assert "too short to be a safetensors file" in table["ink"].state
    assert table["a.safetensors"].prediction == "v_prediction"
    assert table["a.safetensors"].why == "a.yaml beside the file says so"
    assert table["a.safetensors"].open_choice
    size = (tmp_path / "checkpoints" / "a.safetensors").stat().st_size
    assert (table["a.safetensors"].size, table["fine.pt"].size) == (size, 4)
    assert len(table["a.safetensors"].sha256) == 64
    assert table["ink"].changed > 1e9


def test_a_folder_weighs_what_its_weights_weigh(tmp_path):
    folder = tiny.make_folder(tmp_path / "checkpoints" / "tiny")
    (row,) = Library(tmp_path).rows
    assert row.size == sum(path.stat().st_size for path in folder.rglob("*.safetensors"))


WIDTHS = [
    ("loras", {"lora_unet_x.lora_down.weight": torch.zeros(4, 768)}, "Stable Diffusion 1"),
    ("loras", {"unet.x.lora_A.weight": torch.zeros(4, 1024)}, "Stable Diffusion 2"),
    ("loras", {"unet:0:down": torch.zeros(1, 320), "unet:1:down": torch.zeros(1, 768)},
     "Stable Diffusion 1"),
    ("embeddings", {"emb_params": torch.zeros(3, 1024)}, "Stable Diffusion 2"),
    ("embeddings", {"<cat>": torch.zeros(768)}, "Stable Diffusion 1"),
    ("hypernetworks", {"768/0/linear.0.weight": torch.zeros(2, 2)}, "Stable Diffusion 1"),
    ("loras", {"lora_unet_x.lora_down.weight": torch.zeros(4, 320)}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("folder", "tensors", "family"), WIDTHS)
def test_the_family_of_an_adapter_is_told_from_its_width(tmp_path, folder, tensors, family):
    (tmp_path / folder).mkdir()
    save_file(tensors, tmp_path / folder / "x.safetensors")
    (row,) = Library(tmp_path).rows
    assert (row.family, row.state) == (family, "")


MISPLACED = [
    ("loras", {"encoder.conv_in.weight": torch.zeros(2, 2)}, "a VAE; it belongs in models/vae"),
    ("vae", {"emb_params": torch.zeros(1, 768)}, "it belongs in models/embeddings"),
    ("vae", {"conditioner.embedders.0.x": torch.zeros(1)}, "an SDXL checkpoint, and of no use"),
    ("loras", {"lora_unet_x.lora_down.weight": torch.zeros(4, 2048)}, "fits SDXL"),
]


@pytest.mark.parametrize(("folder", "tensors", "sentence"), MISPLACED)
def test_a_file_in_the_wrong_place_is_a_sentence(tmp_path, folder, tensors, sentence):
    (tmp_path / folder).mkdir()
    save_file(tensors, tmp_path / folder / "x.safetensors")
    (row,) = Library(tmp_path).rows
    assert sentence in row.state
    assert not row.usable


def test_a_converted_pickle_says_that_it_is_not_needed_any_more(tmp_path):
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "fine.pt").write_bytes(b"1234")
    save_file({"encoder.conv_in.weight": torch.zeros(2, 2)}, tmp_path / "vae/fine.safetensors")
    rows = {row.name: row for row in Library(tmp_path).rows}
    assert rows["fine.pt"].state.startswith("Converted: fine.safetensors is used")
    assert not rows["fine.pt"].convertible


def test_estimators_and_preview_decoders_are_listed(tmp_path):
    tiny.write(tmp_path / "depth" / "midas" / "config.json", {"model_type": "dpt"})
    tiny.write(tmp_path / "depth" / "other" / "config.json", {"model_type": "swin"})
    tiny.write(tmp_path / "preview" / "taesd" / "diffusion_pytorch_model.safetensors", {})
    assert [(row.name, row.kind) for row in Library(tmp_path).rows] == [
        ("midas", "depth estimator"),
        ("taesd", "preview decoder (TAESD)"),
    ]


def test_adapters_within_folders_are_found_where_they_lie(tmp_path):
    (tmp_path / "loras" / "mine").mkdir(parents=True)
    save_file({"x.lora_down.weight": torch.ones(1)}, tmp_path / "loras/mine/ink.safetensors")
    (tmp_path / "loras" / "mine" / "old.pt").write_bytes(b"1")
    library = Library(tmp_path)
    digest = library.hashes.sha256(tmp_path / "loras/mine/ink.safetensors")
    ink, old = Library(tmp_path).rows
    assert (ink.folder, ink.file, ink.state) == ("loras/mine", "ink.safetensors", "")
    assert ink.sha256 == digest
    assert old.convertible
