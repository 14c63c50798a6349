"""The library's command line: what a file is and why, and conversion."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from backend.library.__main__ import main
from tests.library import tiny

ROOT = Path(__file__).resolve().parents[2]
FIRST = "model.diffusion_model.input_blocks.0.0.weight"
CROSS = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"


def test_what_a_checkpoint_is_and_why(tmp_path, capsys):
    tensors = {FIRST: torch.zeros(1, 9, 1, 1), CROSS: torch.zeros(1, 1024).half()}
    ema = {"model_ema.decay": torch.zeros(1)}
    save_file({**tensors, **ema}, tmp_path / "mine.safetensors", {"bad": "\x1b[31m" + "x" * 999})
    (tmp_path / "mine.yaml").write_text("parameterization: v")
    assert main(["inspect", str(tmp_path / "mine.safetensors")]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert "content: a checkpoint in the original layout" in lines
    assert "tensors: 2 in F32, 1 in F16" in lines
    assert "family: sd2, as the width of the text it takes says so" in lines
    assert "kind: inpaint, as its first convolution takes 9 channels" in lines
    assert "prediction: v_prediction, as mine.yaml beside the file says so" in lines
    assert "native size: 768 x 768 pixels" in lines
    assert "EMA copies (not read): 1 tensors" in lines
    assert any(line.startswith("metadata: bad = ?[31mxxx") and len(line) < 100 for line in lines)


def test_a_file_that_goes_beside_a_checkpoint(tmp_path, capsys):
    save_file({"emb_params": torch.zeros(2, 768)}, tmp_path / "cat.safetensors")
    assert main(["inspect", str(tmp_path / "cat.safetensors")]) == 0
    assert "content: a textual inversion" in capsys.readouterr().out


def test_a_folder(tmp_path, capsys):
    tiny.make_folder(tmp_path / "folder")
    assert main(["inspect", str(tmp_path / "folder")]) == 0
    assert "kind: base, as its configuration files say so" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["gone", "text.safetensors", "pickle.ckpt", "empty"])
def test_what_cannot_be_used_is_a_sentence_and_an_exit_code(tmp_path, capsys, name):
    (tmp_path / "text.safetensors").write_text("This is a page of text, not a model.")
    (tmp_path / "pickle.ckpt").write_bytes(b"cos\nsystem\n(S'touch marker'\ntR.")
    (tmp_path / "empty").mkdir()
    assert main(["inspect", str(tmp_path / name)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_conversion_there_and_back(tmp_path, capsys):
    folder = tiny.make_folder(tmp_path / "folder")
    single, back = tmp_path / "file.safetensors", tmp_path / "back"
    assert main(["convert", str(folder), str(single)]) == 0
    assert main(["convert", str(single), str(back)]) == 0
    assert capsys.readouterr().out == f"Wrote {single}.\nWrote {back}.\n"
    name = "unet/diffusion_pytorch_model.safetensors"
    one, other = load_file(folder / name), load_file(back / name)
    assert all(torch.equal(one[each], other[each]) for each in one)
    assert main(["convert", str(single), str(back)]) == 1
    assert "exists already" in capsys.readouterr().err


def test_a_pickle_becomes_safetensors_or_a_folder(tmp_path):
    main(["convert", str(tiny.make_folder(tmp_path / "folder")), str(tmp_path / "a.safetensors")])
    tensors = load_file(tmp_path / "a.safetensors")
    torch.save({"state_dict": tensors, "global_step": 7}, tmp_path / "old.ckpt")
    assert main(["convert", str(tmp_path / "old.ckpt"), str(tmp_path / "new.safetensors")]) == 0
    again = load_file(tmp_path / "new.safetensors")
    assert again.keys() == tensors.keys()
    assert all(torch.equal(again[name], tensors[name]) for name in tensors)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        *("a.safetensors", "folder", "new.safetensors", "old.ckpt"),
    ]


def test_inspecting_needs_no_torch(tmp_path):
    save_file({"emb_params": torch.zeros(2, 768)}, tmp_path / "cat.safetensors")
    code = (
        "import sys; from backend.library.__main__ import main; main(sys.argv[1:]);"
        "print('torch' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "inspect", tmp_path / "cat.safetensors"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines()[-1] == "False"
