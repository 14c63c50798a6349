"""Broken and hostile files: one sentence each, nothing is run, and what is loaded stays usable."""

from __future__ import annotations

import json
import os
import struct
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from backend.errors import ModelError
from backend.library.catalogue import scan
from backend.library.convert import convert
from backend.library.hashing import HashCache
from backend.library.header import read_header
from backend.library.loading import load_checkpoint, load_vae
from backend.library.pickles import Limits, safetensors_of
from backend.library.telling import tell
from backend.library.watch import Watch
from tests.library import tiny
from tests.library.hostile_pickles import pickles, saved

FIRST = "model.diffusion_model.input_blocks.0.0.weight"
CROSS = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
ENTRY = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


def packed(header: object, data: bytes = b"\0\0\0\0", length: int | None = None) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def entry(**changes: object) -> dict:
    return {"a": {**ENTRY, **changes}}


def telling(channels: int = 4, width: int = 768, **more: dict) -> dict:
    """A header with the two tensors that tell a checkpoint, one byte an item."""
    header, end = {}, 0
    for name, shape in ((FIRST, [1, channels, 1, 1]), (CROSS, [1, width])):
        size = shape[0] * shape[1]
        header[name] = {"dtype": "U8", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    return {**header, **more}


def checkpoint(size: int = 772, **options: object) -> bytes:
    return packed(telling(**options), b"\0" * size)  # type: ignore[arg-type]


CONFIGS = "atelier.configs"
FILES: dict[str, bytes] = {
    "empty": b"",
    "seven bytes": b"\0" * 7,
    "length alone": struct.pack("<Q", 100),
    "length of zero": struct.pack("<Q", 0) + b"{}",
    "length past the end": packed(entry(), length=10_000),
    "length of exabytes": packed(entry(), length=2**62),
    "length of all ones": packed(entry(), length=2**64 - 1),
    "length too small": packed(entry(), length=9),
    "text": b"This is not a model, it is a page of text.\n" * 9,
    "html": b"<!doctype html><title>404 not found</title>",
    "git lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "pickle by another name": saved({"a": torch.zeros(2)}),
    "not json": packed(b"not json at all"),
    "not utf-8": packed(b"\xff\xfe{}"),
    "a list": packed([]),
    "a number": packed(b"12"),
    "deep": packed(b'{"a":' + b"[" * 50_000),
    "deep metadata": packed({"__metadata__": {"a": [[[]]]}, "a": 3}),
    "metadata is text": packed({"__metadata__": "x", **entry()}),
    "entry is a number": packed({"a": 3}),
    "no dtype": packed({"a": {"shape": [1], "data_offsets": [0, 4]}}),
    "unknown dtype": packed(entry(dtype="F3")),
    "dtype is a list": packed(entry(dtype=["F32"])),
    "no offsets": packed({"a": {"dtype": "F32", "shape": [1]}}),
    "three offsets": packed(entry(data_offsets=[0, 4, 8])),
    "offsets are text": packed(entry(data_offsets=["0", "4"])),
    "offsets swapped": packed(entry(data_offsets=[4, 0])),
    "negative offsets": packed(entry(data_offsets=[-4, 0])),
    "fractional offsets": packed(entry(data_offsets=[0.0, 4.0])),
    "offsets past the end": packed(entry(shape=[2], data_offsets=[0, 8])),
    "hole before": packed(entry(data_offsets=[4, 8]), b"\0" * 8),
    "data left over": packed(entry(), b"\0" * 100),
    "data cut": packed(entry(), b"\0\0\0"),
    "overlap": packed({"a": ENTRY, "b": ENTRY}),
    "overlap by half": packed({"a": ENTRY, "b": {**ENTRY, "data_offsets": [2, 6]}}, b"\0" * 6),
    "shape is wrong": packed(entry(shape=[3])),
    "negative side": packed(entry(shape=[-1])),
    "two negative sides": packed(entry(shape=[-1, -1])),
    "fractional side": packed(entry(shape=[1.0])),
    "side is true": packed(entry(shape=[True])),
    "giant side": packed(entry(shape=[2**62, 4])),
    "giant sides that wrap to one": packed(entry(shape=[2**32, 2**32 + 1])),
    "a million sides": packed(entry(shape=[1] * 1_000_000)),
    "no tensors": packed({}, b""),
    "unknown names": packed(entry()),
    "dunder names": packed({"__class__": ENTRY}),
    "path as a name": packed({"../../etc/passwd": ENTRY}),
    "markup as a name": packed({"<script>alert(1)</script>": ENTRY}),
    "only a noise predictor": checkpoint(),
    "seven channels": checkpoint(775, channels=7),
    "odd width": checkpoint(1003, width=999),
    "sdxl": checkpoint(
        776, **{"conditioner.embedders.0.x": {**ENTRY, "data_offsets": [772, 776]}}
    ),
    "first tensor has no sides": packed({FIRST: {**ENTRY, "shape": []}, CROSS: {
        **ENTRY, "data_offsets": [4, 8]}}, b"\0" * 8),
    "configs are not json": checkpoint(__metadata__={CONFIGS: "{"}),
    "configs are a list": checkpoint(__metadata__={CONFIGS: "[]"}),
    "configs are deep": checkpoint(__metadata__={CONFIGS: "[" * 50_000}),
    "configs of a million layers": checkpoint(__metadata__={CONFIGS: json.dumps(
        {"unet": {"layers_per_block": 10**6}, "vae": {}, "text_encoder": {}, "scheduler": {}})}),
    "configs that lack everything": checkpoint(__metadata__={CONFIGS: json.dumps(
        {"unet": {}, "vae": {}, "text_encoder": {"vocab_size": 49408}, "scheduler": {}})}),
}  # fmt: skip


def sentence_of(error: pytest.ExceptionInfo[ModelError]) -> str:
    """The error's text, checked to be one that can stand in the page."""
    text = str(error.value)
    assert text.endswith("."), text
    assert "\n" not in text
    assert len(text) < 300
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny.make_folder(tmp_path_factory.mktemp("good") / "good")


@pytest.fixture(scope="module")
def good(folder):
    """A model that was loaded before everything here went wrong."""
    model = load_checkpoint(tell(folder).spec)
    before = model.unet.conv_in.weight.clone()
    yield model
    assert torch.equal(model.unet.conv_in.weight, before)


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_one_sentence(tmp_path, good, name):
    path = tmp_path / "checkpoints" / "bad.safetensors"
    path.parent.mkdir()
    path.write_bytes(FILES[name])
    problem = scan(tmp_path, HashCache()).problems.get(path.name)
    with pytest.raises(ModelError) as error:
        load_checkpoint(tell(path).spec)
    assert problem in (None, sentence_of(error))
    with pytest.raises(ModelError) as error:
        load_vae(path, tiny.VAE)
    sentence_of(error)
    assert good.unet.conv_in.weight.isfinite().all()


@pytest.mark.parametrize("name", pickles(Path("marker")))
def test_a_hostile_pickle_is_one_sentence_and_runs_nothing(tmp_path, name):
    marker = tmp_path / "marker"
    path = tmp_path / "bad.ckpt"
    path.write_bytes(pickles(marker)[name])
    with pytest.raises(ModelError) as error:
        convert(path, tmp_path / "out.safetensors")
    sentence_of(error)
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kept", [0, 4, 8, 9, 500, 5000, 60_000, -1])
def test_a_checkpoint_cut_anywhere_is_told(tmp_path, folder, kept):
    convert(folder, tmp_path / "file.safetensors")
    content = (tmp_path / "file.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(content[:kept])
    with pytest.raises(ModelError) as error:
        tell(tmp_path / "cut.safetensors")
    sentence_of(error)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("unet", "in_channels", None),
        ("unet", "in_channels", "four"),
        ("unet", "sample_size", [8]),
        ("unet", "block_out_channels", [0, 0, 0, 0]),
        ("unet", "block_out_channels", [2**40] * 4),
        ("unet", "down_block_types", ["os.system"] * 4),
        ("unet", "layers_per_block", 10**9),
        ("unet", "norm_num_groups", 0),
        ("unet", "act_fn", "x" * 10_000),
        ("vae", "block_out_channels", [8]),
        ("vae", "scaling_factor", float("nan")),
        ("text_encoder", "num_hidden_layers", 10**9),
        ("text_encoder", "hidden_size", "big"),
        ("text_encoder", "hidden_act", "os.system"),
        ("text_encoder", "vocab_size", 100),
        ("tokenizer", "pad_token", "nothing like it"),
    ],
)
def test_a_hostile_configuration_is_one_sentence(tmp_path, folder, part, key, value):
    bad = _linked(folder, tmp_path / "bad")
    name = "tokenizer_config.json" if part == "tokenizer" else "config.json"
    config = json.loads((bad / part / name).read_text())
    tiny.write(bad / part / name, {**config, key: value})
    with pytest.raises(ModelError) as error:
        load_checkpoint(tell(bad).spec)
    sentence_of(error)


def test_a_configuration_cannot_name_programs_to_fetch(tmp_path, folder):
    """transformers fetches and runs attention kernels that `attn_implementation` names."""
    bad = _linked(folder, tmp_path / "bad")
    config = json.loads((bad / "text_encoder" / "config.json").read_text())
    evil = {
        "attn_implementation": "evil/kernel",
        "_attn_implementation": "evil/kernel",
        "auto_map": {"AutoModel": "evil--code.Model"},
        "quantization_config": {"x": 1},
    }
    tiny.write(bad / "text_encoder" / "config.json", {**config, **evil})
    model = load_checkpoint(tell(bad).spec)
    assert "evil" not in str(model.text_encoder.config)


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt"])
@pytest.mark.parametrize("content", ["", "[" * 50_000, "{}", "a b c d\n", '{"a": "b"}'])
def test_a_hostile_vocabulary_is_one_sentence(tmp_path, folder, name, content):
    bad = _linked(folder, tmp_path / "bad")
    (bad / "tokenizer" / name).unlink()
    (bad / "tokenizer" / name).write_text(content)
    if name == "merges.txt" and not content:
        load_checkpoint(tell(bad).spec)  # a vocabulary without merges: letters alone
        return
    with pytest.raises(ModelError) as error:
        load_checkpoint(tell(bad).spec)
    sentence_of(error)


def test_a_file_that_shrinks_while_it_is_read_is_told(tmp_path, folder):
    convert(folder, tmp_path / "file.safetensors")
    size = (tmp_path / "file.safetensors").stat().st_size

    def cut(done: int, total: int) -> None:
        if done > total / 2:
            os.truncate(tmp_path / "file.safetensors", size // 3)

    with pytest.raises(ModelError, match="was changed while it was being read"):
        load_checkpoint(tell(tmp_path / "file.safetensors").spec, watch=Watch(cut))


def test_quantised_weights_are_told(tmp_path, folder):
    convert(folder, tmp_path / "file.safetensors")
    header = read_header(tmp_path / "file.safetensors")
    tensors = {
        name: each.to(torch.int8) for name, each in load_file(tmp_path / "file.safetensors").items()
    }
    save_file(tensors, tmp_path / "int.safetensors", header.metadata)
    with pytest.raises(ModelError, match="stored as I8"):
        load_checkpoint(tell(tmp_path / "int.safetensors").spec)


def test_things_that_are_no_files_stand_in_no_ones_way(tmp_path):
    checkpoints = tmp_path / "checkpoints"
    (checkpoints / "folder.safetensors").mkdir(parents=True)
    os.mkfifo(checkpoints / "pipe.safetensors")
    (checkpoints / "dangling.safetensors").symlink_to("nowhere")
    (checkpoints / "loop.safetensors").symlink_to("loop.safetensors")
    found = scan(tmp_path, HashCache())
    assert found.checkpoints == ()
    assert len(found.problems) == 4


@pytest.mark.parametrize("name", [b"a\xff\xfe", b"a\nb", b"a\x1b[31m", "a\u202eb".encode()])
def test_a_name_that_cannot_be_shown_is_a_sentence(tmp_path, name):
    for folder in ("checkpoints", "vae", "loras"):
        (tmp_path / folder).mkdir()
        path = os.fsencode(tmp_path / folder) + b"/" + name + b".safetensors"
        Path(os.fsdecode(path)).write_bytes(FILES["empty"])
    found = scan(tmp_path, HashCache())
    ((shown, sentence),) = found.problems.items()
    assert shown.isprintable()
    assert sentence == "Its name has characters that cannot be shown; rename it."
    assert (found.vaes, found.loras) == ((), {})


def test_a_name_with_markup_is_kept_as_it_is(tmp_path):
    path = tmp_path / "checkpoints" / "<img src=x onerror=alert(1)>.safetensors"
    path.parent.mkdir()
    path.write_bytes(FILES["only a noise predictor"])
    (spec,) = scan(tmp_path, HashCache()).checkpoints
    assert spec.name == path.name


def test_a_pickle_has_little_time_and_memory(tmp_path):
    path = tmp_path / "slow.ckpt"
    torch.save({"a": torch.zeros(10_000_000)}, path)
    honest = Limits.of(path)
    for limits in (replace(honest, seconds=0), replace(honest, memory=2**20)):
        with (
            pytest.raises(ModelError, match="too long|memory|damaged"),
            safetensors_of(path, limits=limits),
        ):
            pass


def _linked(folder: Path, target: Path) -> Path:
    """A copy of a folder that shares its weights."""
    for path in folder.rglob("*"):
        if path.is_file():
            copy = target / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".safetensors":
                copy.hardlink_to(path)
            else:
                copy.write_bytes(path.read_bytes())
    return target
