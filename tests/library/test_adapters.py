"""Textual inversions, LoRAs and hypernetworks: every layout, and what fits which model."""

from __future__ import annotations

import base64
import json
import re
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from safetensors.torch import save_file

from backend.errors import ModelError
from backend.library.adapters import shelf
from backend.library.adapters.embedding import read_embedding
from backend.library.adapters.hypernetwork import read_hypernetwork
from backend.library.adapters.lora import fit_lora, read_lora
from backend.library.adapters.picture import pattern
from backend.library.catalogue import scan
from backend.library.configs import SHIPPED
from backend.library.hashing import HashCache
from backend.library.loose_files import LooseFile, tell_loose
from backend.library.modules import make_text_encoder, make_unet
from backend.library.small_files import read_json

FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures"
needs_fixtures = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the fixtures are not here")
VECTORS = torch.arange(6.0).reshape(2, 3)


def weight_shapes(module) -> dict[str, tuple[int, ...]]:
    return {
        name.removesuffix(".weight"): tuple(each.shape)
        for name, each in module.named_parameters()
        if name.endswith(".weight") and each.ndim > 1
    }


@pytest.fixture(scope="module", params=["sd1", "sd2"])
def shapes(request):
    """The shapes of a true-size family's weights: noise predictor, text encoder."""
    folder = SHIPPED / request.param
    unet = make_unet(read_json(folder / "unet" / "config.json"))
    text = make_text_encoder(read_json(folder / "text_encoder" / "config.json"))
    return request.param, weight_shapes(unet), weight_shapes(text)


# Textual inversions


def test_diffusers_embedding(tmp_path):
    torch.save({"<cat>": VECTORS[0]}, tmp_path / "cat.bin")
    embedding = read_embedding(tmp_path / "cat.bin")
    assert embedding.name == "cat"
    assert torch.equal(embedding.vectors, VECTORS[:1])


@pytest.mark.parametrize("as_dict", [dict, torch.nn.ParameterDict])
def test_a1111_embedding(tmp_path, as_dict):
    vectors = torch.nn.Parameter(VECTORS)
    content = {
        "string_to_token": {"*": 265},
        "string_to_param": as_dict({"*": vectors}),
        "name": "cat",
        "step": 100,
        "sd_checkpoint": None,
    }
    torch.save(content, tmp_path / "cat.pt")
    assert torch.equal(read_embedding(tmp_path / "cat.pt").vectors, VECTORS)


def test_safetensors_embedding(tmp_path):
    save_file({"emb_params": VECTORS.half()}, tmp_path / "cat.safetensors")
    embedding = read_embedding(tmp_path / "cat.safetensors")
    assert embedding.vectors.dtype == torch.float32
    assert torch.equal(embedding.vectors, VECTORS)


def content_json() -> bytes:
    return json.dumps({"string_to_param": {"*": {"TORCHTENSOR": VECTORS.tolist()}}}).encode()


def test_embedding_in_the_text_of_a_picture(tmp_path):
    text = PngInfo()
    text.add_text("sd-ti-embedding", base64.b64encode(content_json()).decode())
    Image.new("RGB", (8, 8)).save(tmp_path / "cat.png", pnginfo=text)
    assert torch.equal(read_embedding(tmp_path / "cat.png").vectors, VECTORS)


def test_embedding_in_the_pixels_of_a_picture(tmp_path):
    """Written as A1111 does: low and high halves of each byte in strips beside the picture."""
    data = np.frombuffer(zlib.compress(content_json()), np.uint8)
    height = 16
    data = np.resize(data, -(-len(data) // (3 * height)) * 3 * height).reshape(height, -1, 3)
    noise = pattern(data.size).reshape(data.shape) & 0x0F
    strips = [((half ^ noise) | 0x50) for half in (data & 0x0F, data >> 4)]
    picture, gap = np.full((height, 10, 3), 130, np.uint8), np.zeros((height, 1, 3), np.uint8)
    pixels = np.concatenate([strips[0], gap, picture, gap, strips[1]], axis=1)
    Image.fromarray(np.pad(pixels, ((2, 2), (3, 3), (0, 0)))).save(tmp_path / "cat.png")
    assert torch.equal(read_embedding(tmp_path / "cat.png").vectors, VECTORS)


def test_a_wrong_width_says_which_model_it_fits(tmp_path):
    save_file({"emb_params": torch.zeros(1, 768)}, tmp_path / "cat.safetensors")
    embedding = read_embedding(tmp_path / "cat.safetensors")
    embedding.check_fits(768)
    with pytest.raises(ModelError, match=r"“cat” fits Stable Diffusion 1.x .* takes 1024\."):
        embedding.check_fits(1024)


@pytest.mark.parametrize(
    "tensors",
    [
        {"clip_l": torch.zeros(1, 768), "clip_g": torch.zeros(1, 1280)},
        {"emb_params": torch.zeros(76, 4)},
        {"emb_params": torch.zeros(0, 4)},
        {"emb_params": torch.tensor(1.0)},
        {"emb_params": torch.zeros(1, 2, 3)},
        {"emb_params": torch.full((1, 4), float("nan"))},
        {"emb_params": torch.zeros(1, 4, dtype=torch.int32)},
        {"a": torch.zeros(1, 4), "b": torch.zeros(1, 5)},
        {f"layer{number}": torch.zeros(1, 4) for number in range(40)},
    ],
)
def test_what_is_no_embedding_is_told(tmp_path, tensors):
    save_file(tensors, tmp_path / "bad.safetensors")
    with pytest.raises(ModelError, match=r"^“bad.safetensors” .*\.$"):
        read_embedding(tmp_path / "bad.safetensors")


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"text"])
def test_what_is_no_picture_is_told(tmp_path, content):
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(ModelError, match="without a textual inversion"):
        read_embedding(tmp_path / "bad.png")


def test_a_plain_picture_is_told(tmp_path):
    Image.new("RGB", (64, 64), "red").save(tmp_path / "bad.png")
    with pytest.raises(ModelError, match="without a textual inversion"):
        read_embedding(tmp_path / "bad.png")


@needs_fixtures
def test_the_fixtures_embeddings():
    cat = read_embedding(FIXTURES / "cat-toy.learned_embeds.bin")
    assert cat.vectors.shape == (1, 768)
    generic = read_embedding(FIXTURES / "generic.safetensors")
    assert generic.vectors.shape == (5, 768)
    for embedding in (cat, generic):
        embedding.check_fits(768)
        with pytest.raises(ModelError, match="fits Stable Diffusion 1.x .* takes 1024"):
            embedding.check_fits(1024)


@needs_fixtures
@pytest.mark.parametrize(
    ("folder", "name"),
    [("embeddings", "generic.safetensors"), ("loras", "cloneofsimo-rank1.safetensors")],
)
def test_the_fixtures_families_are_told_from_their_headers(folder, name):
    assert tell_loose(FIXTURES / name, folder) == LooseFile("Stable Diffusion 1")


# LoRAs


def pair(rows: int, columns: int, rank: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(rank, columns), torch.randn(rows, rank)


TO_K = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
TO_OUT = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0"
Q_PROJ = "encoder.layers.0.self_attn.q_proj"


def kohya(part: str, module: str) -> str:
    return f"lora_{'unet_' if part == 'unet' else 'te_text_model_'}{module.replace('.', '_')}"


def old_diffusers(part: str, module: str) -> str:
    if part == "text":
        return f"text_encoder.text_model.{module}.lora_linear_layer"
    block, _, name = module.removesuffix(".0").rpartition(".")
    return f"unet.{block}.processor.{name}_lora"


LAYOUTS = {
    "kohya": (kohya, ".lora_down.weight", ".lora_up.weight"),
    "peft": (
        lambda part, module: f"{'unet' if part == 'unet' else 'text_encoder'}.{module}",
        ".lora_A.weight",
        ".lora_B.weight",
    ),
    "diffusers": (old_diffusers, ".down.weight", ".up.weight"),
    "trainer": (
        lambda part, module: f"{'unet' if part == 'unet' else 'text_encoder'}.{module}.lora",
        ".down.weight",
        ".up.weight",
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("alpha", [None, 1.0])
def test_every_layout_finds_its_modules(tmp_path, shapes, layout, alpha):
    _, unet, text = shapes
    spell, down_name, up_name = LAYOUTS[layout]
    tensors, expected = {}, {}
    for part, module, there in (
        ("unet", TO_K, unet),
        ("unet", TO_OUT, unet),
        ("text", Q_PROJ, text),
    ):
        down, up = pair(*there[module][:2])
        name = spell(part, module)
        tensors |= {name + down_name: down, name + up_name: up}
        if alpha:
            tensors[name + ".alpha"] = torch.tensor(alpha)
        expected[module] = (down, up)
    save_file(tensors, tmp_path / "style.safetensors")
    fitted = fit_lora(read_lora(tmp_path / "style.safetensors"), unet, text)
    assert fitted.unet.keys() == {TO_K, TO_OUT}
    assert fitted.text.keys() == {Q_PROJ}
    for module, layer in {**fitted.unet, **fitted.text}.items():
        assert torch.equal(layer.down, expected[module][0])
        assert torch.equal(layer.up, expected[module][1])
        assert layer.scale == (alpha or 2) / 2
    assert fitted.unknown == ()


@needs_fixtures
def test_the_fixture_of_cloneofsimo(shapes):
    family, unet, text = shapes
    lora = read_lora(FIXTURES / "cloneofsimo-rank1.safetensors")
    assert lora.words == ("<s1>", "<s2>")
    if family == "sd2":
        with pytest.raises(ModelError, match="fits Stable Diffusion 1.x .* takes 1024"):
            fit_lora(lora, unet, text)
        return
    fitted = fit_lora(lora, unet, text)
    assert (len(fitted.unet), len(fitted.text), fitted.unknown) == (144, 48, ())
    assert fitted.unet[TO_K].down.shape == (1, 768)


def test_a_lora_of_another_width_says_which_model_it_fits(tmp_path, shapes):
    family, unet, text = shapes
    down, up = pair(320, 1024 if family == "sd1" else 768)
    name = kohya("unet", TO_K)
    save_file(
        {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}, tmp_path / "x.safetensors"
    )
    fits = "2.x" if family == "sd1" else "1.x"
    with pytest.raises(ModelError, match=f"“x” fits Stable Diffusion {fits}"):
        fit_lora(read_lora(tmp_path / "x.safetensors"), unet, text)


def test_a_convolution_with_a_middle(tmp_path, shapes):
    _, unet, text = shapes
    module = "down_blocks.0.resnets.0.conv1"
    name = kohya("unet", module)
    parts = {"down": torch.randn(2, 320, 1, 1), "mid": torch.randn(2, 2, 3, 3),
             "up": torch.randn(320, 2, 1, 1)}  # fmt: skip
    save_file(
        {f"{name}.lora_{key}.weight": each for key, each in parts.items()},
        tmp_path / "x.safetensors",
    )
    layer = fit_lora(read_lora(tmp_path / "x.safetensors"), unet, text).unet[module]
    assert layer.mid is not None
    assert layer.shape == (320, 320, 3, 3)


def test_a_convolution_of_another_kernel_is_told(tmp_path, shapes):
    _, unet, text = shapes
    name = kohya("unet", "down_blocks.0.resnets.0.conv1")
    one = {f"{name}.lora_up.weight": torch.randn(320, 2, 1, 1)}
    for parts in (
        {"down": torch.randn(2, 320, 5, 5)},
        {"down": torch.randn(2, 320, 1, 1), "mid": torch.randn(2, 2, 1, 3)},
    ):
        tensors = {f"{name}.lora_{key}.weight": each for key, each in parts.items()}
        save_file({**one, **tensors}, tmp_path / "x.safetensors")
        lora = read_lora(tmp_path / "x.safetensors")
        with pytest.raises(ModelError, match=r"another size: .*conv1 is \(320, 320, 3, 3\) here"):
            fit_lora(lora, unet, text)


A_NAME = kohya("unet", TO_K)


def halves(down: tuple[int, ...], up: tuple[int, ...], value: float = 0.0) -> dict:
    return {
        f"{A_NAME}.lora_down.weight": torch.full(down, value),
        f"{A_NAME}.lora_up.weight": torch.full(up, value),
    }


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        ({"a": torch.zeros(2)}, "is not a LoRA"),
        ({f"{A_NAME}.lora_down.weight": torch.zeros(2, 3)}, "lacks one of its two halves"),
        (halves((2, 3), (3, 5)), "halves of a layer do not fit"),
        (halves((2,), (2,)), "halves of a layer do not fit"),
        (halves((0, 3), (3, 0)), "halves of a layer do not fit"),
        (halves((2, 3, 1, 1), (3, 2, 3, 3)), "halves of a layer do not fit"),
        *(
            (
                {**halves((2, 3, side, side), (3, 2, 1, 1)), f"{A_NAME}.lora_mid.weight": mid},
                "halves of a layer do not fit",
            )
            for side, mid in (
                (1, torch.zeros(2, 3, 3, 3)),
                (1, torch.zeros(2, 2)),
                (3, torch.zeros(2, 2, 3, 3)),
            )
        ),
        (
            {**halves((2, 3), (3, 2)), f"{A_NAME}.alpha": torch.zeros(4)},
            "halves of a layer do not fit",
        ),
        (halves((2, 3), (3, 2), float("inf")), "not finite"),
        ({f"{A_NAME}.hada_w1_a": torch.zeros(2, 3)}, r"LyCORIS file \(hada\)"),
        ({"lora_te1_x.lora_down.weight": torch.zeros(2, 3)}, "fits SDXL"),
    ],
)
def test_what_is_no_lora_is_told(tmp_path, tensors, sentence):
    save_file(tensors, tmp_path / "bad.safetensors")
    with pytest.raises(ModelError, match=sentence):
        read_lora(tmp_path / "bad.safetensors")


def test_a_lora_of_unknown_modules_is_told(tmp_path, shapes):
    _, unet, text = shapes
    down, up = pair(4, 4)
    save_file(
        {"unet.nowhere.lora_A.weight": down, "unet.nowhere.lora_B.weight": up},
        tmp_path / "x.safetensors",
    )
    with pytest.raises(ModelError, match="made for a model of another build"):
        fit_lora(read_lora(tmp_path / "x.safetensors"), unet, text)


# Hypernetworks


def network(width: int, names: tuple[str, str] = ("linear.0", "linear.2")) -> dict:
    sizes = ((2 * width, width), (width, 2 * width))
    return {
        f"{name}.{kind}": torch.randn(size if kind == "weight" else size[:1])
        for name, size in zip(names, sizes, strict=True)
        for kind in ("weight", "bias")
    }


@pytest.mark.parametrize("names", [("linear.0", "linear.2"), ("linear1", "linear2")])
def test_a_hypernetwork(tmp_path, names):
    content = {768: (network(768, names), network(768, names)), 320: [network(320), network(320)],
               "step": 100, "name": "style", "activation_func": "relu", "activate_output": False,
               "layer_structure": [1, 2, 1], "sd_checkpoint": None}  # fmt: skip
    torch.save(content, tmp_path / "style.pt")
    read = read_hypernetwork(tmp_path / "style.pt")
    assert (read.name, read.activation, read.activate_output) == ("style", "ReLU", False)
    assert read.networks.keys() == {768, 320}
    keys, values = read.networks[768]
    assert torch.equal(keys[1].weight, content[768][0][f"{names[1]}.weight"])
    assert torch.equal(values[0].bias, content[768][1][f"{names[0]}.bias"])
    read.check_fits(768)
    with pytest.raises(ModelError, match="fits Stable Diffusion 1.x .* takes 1024"):
        read.check_fits(1024)


def test_a_hypernetwork_with_layer_norms(tmp_path):
    part = {
        **network(8, ("linear.0", "linear.2")),
        "linear.1.weight": torch.ones(16),
        "linear.1.bias": torch.zeros(16),
    }
    torch.save({8: (part, part)}, tmp_path / "small.pt")
    read = read_hypernetwork(tmp_path / "small.pt")
    assert [layer.weight.ndim for layer in read.networks[8][0]] == [2, 1, 2]
    assert (read.activation, read.activate_output) == ("Identity", True)
    read.check_fits(8)
    with pytest.raises(ModelError, match="none for the 768"):
        read.check_fits(768)


def bad_networks() -> dict[str, dict]:
    good = network(8)
    without_bias = {name: each for name, each in good.items() if name != "linear.0.bias"}
    return {
        "nothing": {"a": torch.zeros(2)},
        "one alone": {8: (good,)},
        "no bias": {8: (good, without_bias)},
        "wrong width": {9: (good, good)},
        "wrong inside": {8: (good, {**good, "linear.2.weight": torch.zeros(8, 3)})},
        "activation": {8: (good, good), "activation_func": "os.system"},
    }


@pytest.mark.parametrize("name", bad_networks())
def test_what_is_no_hypernetwork_is_told(tmp_path, name):
    torch.save(bad_networks()[name], tmp_path / "bad.pt")
    with pytest.raises(ModelError, match=re.escape("“bad.pt” ")):
        read_hypernetwork(tmp_path / "bad.pt")


def test_the_catalogue_lists_adapters_by_the_name_that_prompts_use(tmp_path):
    for name in ("embeddings/a.pt", "embeddings/b.png", "loras/c.d.safetensors", "loras/e.txt",
                 "embeddings/.hidden.pt", "hypernetworks/f.pt", "loras/g.bin",
                 "loras/g.safetensors"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = scan(tmp_path, HashCache())
    assert found.embeddings.keys() == {"a", "b"}
    assert found.loras.keys() == {"c.d", "g"}
    assert found.loras["g"].suffix == ".safetensors"
    assert found.hypernetworks.keys() == {"f"}
    assert found.adapter("loras", "c.d") == tmp_path / "loras" / "c.d.safetensors"
    with pytest.raises(ModelError, match="There is no LoRA called “h” in models/loras"):
        found.adapter("loras", "h")


def test_adapters_lie_in_folders_too_and_previews_beside_them_are_none(tmp_path):
    for name in ("Ink.safetensors", "Ink.png", "Ink.preview.png", "a/Ink.pt", "a/b/c.safetensors",
                 ".git/d.safetensors"):  # fmt: skip
        (tmp_path / "loras" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "loras" / name).touch()
    (tmp_path / "embeddings").mkdir()
    (tmp_path / "embeddings" / "b.preview.png").touch()
    found = scan(tmp_path, HashCache())
    assert found.embeddings == {}
    assert list(found.loras) == ["a/Ink", "c", "Ink"]
    assert found.adapter("loras", "INK") == tmp_path / "loras" / "Ink.safetensors"
    assert found.adapter("loras", "a/ink") == tmp_path / "loras" / "a" / "Ink.pt"


def test_names_that_differ_in_large_and_small_letters_alone_are_told_apart(tmp_path):
    (tmp_path / "loras").mkdir()
    for name in ("Ink", "ink"):
        (tmp_path / "loras" / f"{name}.safetensors").touch()
    found = scan(tmp_path, HashCache())
    if len(found.loras) < 2:
        pytest.skip("this file system takes them for one")
    assert found.adapter("loras", "ink").name == "ink.safetensors"
    with pytest.raises(ModelError, match="may be Ink or ink"):
        found.adapter("loras", "INK")


def test_bundled_adapters_and_vaes_are_listed_and_the_artist_s_own_win(tmp_path):
    for name in ("bundled/loras/ink.safetensors", "bundled/loras/paper.safetensors",
                 "loras/ink.safetensors", "bundled/vae/fine.safetensors",
                 "vae/own.safetensors", "vae/fine.safetensors"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = scan(tmp_path, HashCache())
    assert found.loras["ink"] == tmp_path / "loras" / "ink.safetensors"
    assert found.loras["paper"].parent == tmp_path / "bundled" / "loras"
    assert sorted(vae.path.relative_to(tmp_path).as_posix() for vae in found.vaes) == [
        *("vae/fine.safetensors", "vae/own.safetensors"),
    ]


def test_a_file_is_read_once_while_it_stays_as_it_is(tmp_path, monkeypatch):
    path, read = tmp_path / "cat.safetensors", []
    monkeypatch.setattr(shelf, "read_embedding", lambda it: read.append(it) or read_embedding(it))
    kept = shelf.AdapterShelf()
    save_file({"emb_params": VECTORS}, path)
    assert torch.equal(kept.embedding(path).vectors, VECTORS)
    kept.embedding(path)
    assert len(read) == 1
    save_file({"emb_params": torch.ones(4, 3)}, path)
    assert len(kept.embedding(path).vectors) == 4
    path.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(ModelError):
            kept.embedding(path)
    assert len(read) == 3
    path.unlink()
    with pytest.raises(ModelError, match="not there any more"):
        kept.embedding(path)


def test_a_slow_file_keeps_nobody_from_another(tmp_path, monkeypatch):
    slow, quick = tmp_path / "slow.safetensors", tmp_path / "quick.safetensors"
    for path in (slow, quick):
        save_file({"emb_params": VECTORS}, path)
    begun, goes_on = threading.Event(), threading.Event()

    def read(path):
        if path == slow:
            begun.set()
            assert goes_on.wait(60)
        return read_embedding(path)

    monkeypatch.setattr(shelf, "read_embedding", read)
    kept = shelf.AdapterShelf()
    reader = threading.Thread(target=kept.embedding, args=[slow])
    other = threading.Thread(target=kept.embedding, args=[quick], daemon=True)
    reader.start()
    assert begun.wait(60)
    other.start()
    other.join(60)
    waited = other.is_alive()
    goes_on.set()
    reader.join(60)
    assert not waited


def test_a_reading_that_failed_for_want_of_time_is_tried_again_later(tmp_path, monkeypatch):
    path, now, read = tmp_path / "cat.safetensors", [0.0], []
    save_file({"emb_params": VECTORS}, path)

    def fail_once(it):
        read.append(it)
        if len(read) == 1:
            raise ModelError("It took too long.", passing=True)
        return read_embedding(it)

    monkeypatch.setattr(shelf, "read_embedding", fail_once)
    monkeypatch.setattr(shelf.time, "monotonic", lambda: now[0])
    kept = shelf.AdapterShelf()
    for _ in range(2):
        with pytest.raises(ModelError, match="too long"):
            kept.embedding(path)
    assert len(read) == 1
    now[0] = shelf.RETRY_AFTER
    assert torch.equal(kept.embedding(path).vectors, VECTORS)


def test_the_file_used_longest_ago_makes_room(tmp_path):
    kept = shelf.AdapterShelf(budget=1000)
    paths = [tmp_path / f"{number}.safetensors" for number in range(4)]
    for path in paths:
        save_file({"emb_params": torch.ones(20, 5)}, path)
        kept.embedding(path)
    assert [Path(key[0]) for key in kept._read] == paths[-2:]
