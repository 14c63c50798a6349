"""The table of everything that was found."""

from __future__ import annotations

import torch
from safetensors.torch import save_file

from backend.library.library import Library
from backend.library.listing import rows
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
    table = {row.name: row for row in rows(Library(tmp_path).catalogue)}
    assert {name: (row.kind, row.family) for name, row in table.items()} == {
        "a.safetensors": ("inpainting, predicts v", "Stable Diffusion 2"),
        "twin.safetensors": ("inpainting", "Stable Diffusion 2"),
        "fine.pt": ("VAE", ""),
        "ink": ("LoRA", ""),
        "cat": ("textual inversion", ""),
        "style": ("hypernetwork", ""),
        "old.ckpt": ("unusable", ""),
        "f": ("unusable", ""),
    }
    assert table["twin.safetensors"].state == "The same content as a.safetensors."
    assert "convert it to safetensors" in table["old.ckpt"].state
    assert "unet/config.json is missing" in table["f"].state
    size = (tmp_path / "checkpoints" / "a.safetensors").stat().st_size
    assert (table["a.safetensors"].size, table["fine.pt"].size) == (size, 4)
    assert len(table["a.safetensors"].sha256) == 64
    assert table["ink"].changed > 1e9


def test_a_folder_weighs_what_its_weights_weigh(tmp_path):
    folder = tiny.make_folder(tmp_path / "checkpoints" / "tiny")
    (row,) = rows(Library(tmp_path).catalogue)
    assert row.size == sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
