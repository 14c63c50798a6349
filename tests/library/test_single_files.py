"""Single files: from a folder and back bit for bit, and the same as diffusers' own loader."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from diffusers.loaders import single_file_utils as diffusers_converters
from safetensors.torch import load_file, save_file

from backend.errors import ModelError, Stopped
from backend.library import tensor_file
from backend.library.convert import convert
from backend.library.convert.single_file import write_single_file
from backend.library.header import read_header
from backend.library.loading import load_checkpoint, load_tokenizer, load_vae, numbers_in
from backend.library.telling import tell
from backend.library.watch import Watch
from tests.library import tiny

PARTS = ("unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model")


def parts_of(folder: Path) -> dict[str, dict[str, torch.Tensor]]:
    return {part: load_file(folder / f"{part}.safetensors") for part in PARTS}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """The same names, shapes, number formats and bits."""
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype
        and one[name].shape == other[name].shape
        and torch.equal(one[name].view(torch.uint8), other[name].view(torch.uint8))
        for name in one
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_folder_becomes_a_file_and_back_bit_for_bit(tmp_path, dtype):
    folder = tiny.make_folder(tmp_path / "folder", dtype=dtype)
    convert(folder, tmp_path / "file.safetensors")
    convert(tmp_path / "file.safetensors", tmp_path / "back")
    for part, tensors in parts_of(folder).items():
        assert same(tensors, parts_of(tmp_path / "back")[part]), part
    convert(tmp_path / "back", tmp_path / "again.safetensors")
    first, again = (load_file(tmp_path / f"{name}.safetensors") for name in ("file", "again"))
    assert same(first, again)


@pytest.mark.parametrize(
    ("family", "kind"), list(itertools.product(("sd1", "sd2"), ("base", "inpaint", "depth")))
)
def test_every_family_loads_from_either_layout_alike(tmp_path, family, kind):
    folder = tiny.make_folder(tmp_path / "folder", family, kind)
    write_single_file(tiny.spec(folder, family, kind), tmp_path / "file.safetensors", Watch())
    names = read_header(tmp_path / "file.safetensors").entries
    assert any(name.startswith("cond_stage_model.model.") for name in names) == (family == "sd2")
    assert tell(tmp_path / "file.safetensors").spec.kind == kind
    models = [
        load_checkpoint(tiny.spec(path, family, kind))
        for path in (folder, tmp_path / "file.safetensors")
    ]
    for part in ("unet", "vae", "text_encoder"):
        one, other = (getattr(model, part).state_dict() for model in models)
        assert same(one, other), part
    assert models[0].tokenizer("a ship").input_ids == models[1].tokenizer("a ship").input_ids
    assert models[1].tokenizer.pad_token == ("!" if family == "sd2" else "<|endoftext|>")


@pytest.mark.parametrize("family", ["sd1", "sd2"])
def test_the_same_tensors_as_diffusers_own_converters(tmp_path, family):
    folder = tiny.make_folder(tmp_path / "folder", family)
    write_single_file(tiny.spec(folder, family), tmp_path / "file.safetensors", Watch())
    original = load_file(tmp_path / "file.safetensors")
    expected = parts_of(folder)
    unet = diffusers_converters.convert_ldm_unet_checkpoint(
        dict(original), {**tiny.unet_config(family, "base"), "class_embed_type": None,
                         "addition_embed_type": None}
    )  # fmt: skip
    vae = diffusers_converters.convert_ldm_vae_checkpoint(dict(original), tiny.VAE)
    assert same(unet, expected[PARTS[0]])
    assert same(vae, expected[PARTS[1]])
    if family == "sd1":
        text = diffusers_converters.convert_ldm_clip_checkpoint(dict(original))
        assert same(text, expected[PARTS[2]])


def test_a_file_without_our_metadata_takes_the_family_s_configuration(tmp_path):
    folder = tiny.make_folder(tmp_path / "folder", "sd2", "depth")
    write_single_file(tiny.spec(folder, "sd2"), tmp_path / "file.safetensors", Watch())
    bare = tmp_path / "bare.safetensors"
    save_file(load_file(tmp_path / "file.safetensors"), bare)
    configs = tiny.make_configs(tmp_path / "configs", "sd2")
    model = load_checkpoint(tiny.spec(bare, "sd2", "depth"), configs=configs)
    assert model.unet.config["in_channels"] == 5
    assert same(model.unet.state_dict(), parts_of(folder)[PARTS[0]])


def test_the_weights_to_come_are_counted_from_the_header(tmp_path):
    folder = tiny.make_folder(tmp_path / "folder")
    (folder / "safety_checker").mkdir()
    save_file({"x": torch.zeros(999)}, folder / "safety_checker" / "model.safetensors")
    spec = tell(folder).spec
    model = load_checkpoint(spec)
    parts = (model.unet, model.vae, model.text_encoder)
    expected = sum(each.numel() for part in parts for each in part.parameters())
    assert numbers_in(spec) == expected
    convert(folder, tmp_path / "file.safetensors")
    tensors = load_file(tmp_path / "file.safetensors")
    ema = {"model_ema." + name: each.clone() for name, each in tensors.items()}
    metadata = read_header(tmp_path / "file.safetensors").metadata
    save_file(tensors | ema, tmp_path / "file.safetensors", metadata)
    assert numbers_in(tell(tmp_path / "file.safetensors").spec) == expected


def test_ema_copies_and_training_state_are_not_read(tmp_path):
    folder = tiny.make_folder(tmp_path / "folder")
    convert(folder, tmp_path / "file.safetensors")
    header = read_header(tmp_path / "file.safetensors")
    tensors = load_file(tmp_path / "file.safetensors")
    more = {
        "model_ema.diffusion_modelinput_blocks00weight": torch.ones(1000),
        "depth_model.model.pretrained.weight": torch.ones(1000),
        "alphas_cumprod": torch.ones(1000),
        "cond_stage_model.transformer.text_model.embeddings.position_ids": torch.arange(77)[None],
    }
    full = tmp_path / "full.safetensors"
    save_file({**tensors, **more}, full, header.metadata)
    counts = []
    watch = Watch(lambda done, total: counts.append((done, total)))
    model = load_checkpoint(tell(full).spec, watch=watch)
    assert same(model.unet.state_dict(), parts_of(folder)[PARTS[0]])
    weights = sum(each.nbytes for each in tensors.values())
    assert counts[-1] == (weights, weights)
    notes = convert(full, tmp_path / "back")
    assert len(notes) == 2


def test_diffusers_itself_opens_a_folder_we_wrote(tmp_path):
    folder = tiny.make_folder(tmp_path / "folder")
    convert(folder, tmp_path / "file.safetensors")
    convert(tmp_path / "file.safetensors", tmp_path / "back")
    pipeline = StableDiffusionPipeline.from_pretrained(tmp_path / "back", local_files_only=True)
    expected = parts_of(folder)
    assert same(pipeline.unet.state_dict(), expected[PARTS[0]])
    text = {f"text_model.{name}": each for name, each in pipeline.text_encoder.state_dict().items()}
    assert same(text, expected[PARTS[2]])


def test_the_earliest_text_encoder_names_are_known(tmp_path):
    convert(tiny.make_folder(tmp_path / "folder"), tmp_path / "file.safetensors")
    header = read_header(tmp_path / "file.safetensors")
    early = {
        name.replace("transformer.text_model.", "transformer."): tensor
        for name, tensor in load_file(tmp_path / "file.safetensors").items()
    }
    save_file(early, tmp_path / "early.safetensors", header.metadata)
    load_checkpoint(tell(tmp_path / "early.safetensors").spec)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("at_once", [256, 2**22])
def test_weights_are_converted_and_laid_out_as_they_are_read(
    tmp_path, monkeypatch, dtype, channels_last, at_once
):
    monkeypatch.setattr(tensor_file, "_CHUNK", at_once)
    folder = tiny.make_folder(tmp_path / "folder", dtype=dtype)
    spec = tell(folder).spec
    model = load_checkpoint(spec, dtype=torch.bfloat16, channels_last=channels_last)
    parts = (model.unet, model.vae, model.text_encoder)
    for module, expected in zip(parts, parts_of(folder).values(), strict=True):
        as_saved = {name.removeprefix("text_model."): each for name, each in expected.items()}
        loaded = {name: each.contiguous() for name, each in module.state_dict().items()}
        assert same(loaded, {name: each.bfloat16() for name, each in as_saved.items()})
    kernel = model.unet.conv_in.weight
    assert kernel.is_contiguous(memory_format=torch.channels_last) is channels_last


def test_a_watch_follows_one_load_after_another(tmp_path):
    folder = tiny.make_folder(tmp_path / "folder")
    counts: list[tuple[int, int]] = []
    watch = Watch(lambda *each: counts.append(each))
    load_checkpoint(tell(folder).spec, watch=watch)
    assert counts[-1][0] == counts[-1][1]
    load_vae(folder, tiny.VAE, watch=watch)
    assert (
        counts[-1][0]
        == counts[-1][1]
        == (folder / f"{PARTS[1]}.safetensors").stat().st_size
        - (read_header(folder / f"{PARTS[1]}.safetensors").data_start)
    )


def test_a_load_can_be_stopped(tmp_path):
    folder = tiny.make_folder(tmp_path / "folder")
    asked = iter([False] * 20)
    with pytest.raises(Stopped):
        load_checkpoint(tell(folder).spec, watch=Watch(stop=lambda: next(asked, True)))


@pytest.mark.parametrize(
    ("left_out", "sentence"),
    [
        ("first_stage_model.", "has no VAE inside"),
        ("cond_stage_model.", "has no text encoder inside"),
        ("model.diffusion_model.out.2.bias", "noise predictor lacks 1 of its"),
    ],
)
def test_a_missing_part_is_told_before_a_weight_is_read(tmp_path, left_out, sentence):
    convert(tiny.make_folder(tmp_path / "folder"), tmp_path / "file.safetensors")
    header = read_header(tmp_path / "file.safetensors")
    tensors = load_file(tmp_path / "file.safetensors")
    kept = {name: each for name, each in tensors.items() if not name.startswith(left_out)}
    save_file(kept, tmp_path / "part.safetensors", header.metadata)
    reads = []
    with pytest.raises(ModelError, match=sentence):
        load_checkpoint(
            tell(tmp_path / "part.safetensors").spec, watch=Watch(lambda *each: reads.append(each))
        )
    assert reads == []


def test_a_tokenizer_is_read_without_weights(tmp_path):
    folder = tiny.make_folder(tmp_path / "folder")
    for part in PARTS:
        (folder / f"{part}.safetensors").unlink()
    tokenizer = load_tokenizer(tiny.spec(folder))
    assert tokenizer.tokenize("dreambeach") == ["dream", "beach</w>"]


@pytest.mark.parametrize(
    ("source", "target", "sentence"),
    [
        ("folder", "other", "is a folder already"),
        ("file.safetensors", "other.safetensors", "is a single file already"),
        ("folder", "file.safetensors", "exists already"),
        ("gone", "other", "There is no “gone”"),
        ("folder", "nowhere/other.safetensors", "There is no folder “nowhere”"),
    ],
)
def test_a_conversion_that_makes_no_sense_is_refused(tmp_path, source, target, sentence):
    convert(tiny.make_folder(tmp_path / "folder"), tmp_path / "file.safetensors")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ModelError, match=sentence):
        convert(tmp_path / source, tmp_path / target)
    assert sorted(tmp_path.iterdir()) == before
