"""Settings inside pictures of any program; hostile files are a sentence."""

from __future__ import annotations

import io
import json
import struct
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo
from sd_parsers import ParserManager

from backend.errors import BadPicture
from backend.request import GenerationRequest, ModelChoice
from backend.studio.history.chunk import CHUNK_KEY, Making, write_making
from backend.studio.infotext import write_infotext
from backend.studio.picture_info import read_picture_info
from backend.studio.storage import encode_png
from backend.tasks import DepthToImage, ImageToImage, Inpaint, PictureRef, TextToImage
from tests.unit.studio.a1111_examples import EXAMPLES

ADAPTER_HASHES = ("Lora hashes", "TI hashes", "Hypernet hashes")
PLAIN = EXAMPLES["many lines"][0]
PICTURE = PictureRef(sha256="a" * 64, width=64, height=64)


def png(**texts: str) -> bytes:
    info = PngInfo()
    for name, text in texts.items():
        info.add_itxt(name.replace("__", "-"), text)
    return saved("PNG", pnginfo=info)


def saved(kind: str, **options) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (64, 48), "skyblue").save(target, kind, **options)
    return target.getvalue()


def exif(comment: bytes) -> bytes:
    holder = Image.Exif()
    holder.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    return holder.tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize(
    "comment",
    [
        b"UNICODE\0" + PLAIN.encode("utf-16-be"),
        b"UNICODE\0" + PLAIN.encode("utf-16-le"),
        b"ASCII\0\0\0" + PLAIN.encode(),
        b"\0" * 8 + PLAIN.encode(),
    ],
)
def test_jpeg_and_webp_have_it_in_their_exif(kind, comment):
    info = read_picture_info(saved(kind, exif=exif(comment)))
    assert (info.format, info.width, info.height) == (kind, 64, 48)
    assert info.text == PLAIN
    assert info.settings.values["prompt"] == "a lighthouse,\nstormy sea,\n\noil painting"


def test_a_png_says_what_it_holds_and_who_wrote_it():
    info = read_picture_info(png(parameters=EXAMPLES["plain"][0]))
    assert info.program == "AUTOMATIC1111's format, v1.9.4"
    assert info.pairs["Model hash"] == "0a1b2c3d4e"
    assert info.settings.values["seed"] == 1234567890


def test_text_behind_the_pixels_is_found():
    whole = png(parameters=PLAIN)
    start = whole.index(b"iTXt") - 4
    size = struct.unpack(">I", whole[start : start + 4])[0] + 12
    chunk, end = whole[start : start + size], len(whole) - 12
    moved = whole[:start] + whole[start + size : end] + chunk + whole[end:]
    assert read_picture_info(moved).text == PLAIN


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_without_settings_says_so(kind):
    info = read_picture_info(saved(kind))
    assert (info.program, info.text, dict(info.pairs)) == ("", "", {})
    assert info.settings.values == {}


GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 77, "steps": 24, "cfg": 6.5, "sampler_name": "dpmpp_2m",
            "scheduler": "karras", "denoise": 1.0, "model": ["4", 0], "positive": ["6", 0],
            "negative": ["7", 0], "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "meadow.safetensors"}},
    "5": {"class_type": "EmptyLatentImage",
          "inputs": {"width": 640, "height": 512, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a windmill", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "fog", "clip": ["4", 1]}},
    "8": {"class_type": "VAELoader", "inputs": {"vae_name": "mse.safetensors"}},
    "9": {"class_type": "ControlNetApply", "inputs": {"strength": 0.8, "image": ["1", 0]}},
}  # fmt: skip
LINKS = [[1, 4, 0, 3, 0, "MODEL"], [2, 6, 0, 3, 1, "CONDITIONING"], [3, 7, 0, 3, 2, "CONDITIONING"]]


def check_comfyui(data: bytes) -> None:
    info = read_picture_info(data)
    assert info.program == "ComfyUI"
    assert info.settings.values == {
        "prompt": "a windmill", "negative_prompt": "fog", "sampler": "DPM++ 2M",
        "schedule": "Karras", "steps": 24, "cfg_scale": 6.5, "seed": 77, "width": 640,
        "height": 512, "clip_skip": 1,
    }  # fmt: skip
    assert info.settings.task == "text-to-image"
    assert info.settings.checkpoint.name == "meadow.safetensors"
    assert info.settings.vae.name == "mse.safetensors"
    assert list(info.settings.left_out) == ["ControlNetApply"]


def test_comfyui_s_graph_is_read():
    check_comfyui(png(prompt=json.dumps(GRAPH), workflow=json.dumps({"links": LINKS})))


def test_comfyui_s_webp_is_read():
    holder = Image.Exif()
    holder[ExifTags.Base.Model] = "prompt:" + json.dumps(GRAPH)
    holder[ExifTags.Base.Make] = "workflow:" + json.dumps({"links": LINKS})
    check_comfyui(saved("WEBP", exif=holder.tobytes()))


@pytest.mark.parametrize("model", [{"name": "meadow", "hash": "x"}, {"model_name": "meadow"}])
def test_invokeai_is_read(model):
    told = {
        "positive_prompt": "a mill", "negative_prompt": "fog", "width": 512, "height": 768,
        "seed": 9, "cfg_scale": 7.5, "steps": 30, "scheduler": "dpmpp_2m_k", "model": model,
        "generation_mode": "txt2img",
    }  # fmt: skip
    info = read_picture_info(png(invokeai_metadata=json.dumps(told)))
    assert info.program == "InvokeAI"
    assert info.settings.values == {
        "prompt": "a mill", "negative_prompt": "fog", "width": 512, "height": 768, "seed": 9,
        "cfg_scale": 7.5, "steps": 30, "sampler": "DPM++ 2M", "schedule": "Karras",
        "clip_skip": 1,
    }  # fmt: skip
    assert info.settings.checkpoint.name == "meadow"


def test_older_invokeai_and_fooocus_are_read():
    dream = '"a mill [fog]" -s 20 -S 9 -W 512 -H 512 -C 7.5 -A k_euler_a'
    info = read_picture_info(png(Dream=dream))
    assert info.settings.values["sampler"] == "Euler a"
    assert info.settings.values["negative_prompt"] == "fog"
    fooocus = {
        "base_model": "meadow", "base_model_hash": "0a1b2c3d4e", "sampler": "dpmpp_2m_sde_gpu",
        "scheduler": "karras", "guidance_scale": 4.0, "seed": "5", "steps": 30,
        "prompt": "a mill", "negative_prompt": "", "version": "Fooocus v2.5",
    }  # fmt: skip
    info = read_picture_info(png(parameters=json.dumps(fooocus)))
    assert (info.program, info.settings.values["sampler"]) == ("Fooocus", "DPM++ 2M SDE")
    assert info.settings.checkpoint.hash == "0a1b2c3d4e"


def test_novelai_is_read():
    comment = {"sampler": "k_euler_ancestral", "steps": 28, "seed": 5, "scale": 11.0, "uc": "fog"}
    data = png(
        Comment=json.dumps(comment), Description="a mill", Software="NovelAI",
        Source="Stable Diffusion 81274D13",
    )  # fmt: skip
    info = read_picture_info(data)
    assert info.program == "NovelAI"
    assert info.settings.values == {
        "prompt": "a mill", "negative_prompt": "fog", "steps": 28, "seed": 5, "cfg_scale": 11.0,
        "sampler": "Euler a", "schedule": "Automatic", "clip_skip": 1,
    }  # fmt: skip
    assert info.settings.left_out == {}


@pytest.mark.parametrize(
    "texts",
    [
        {"prompt": "[" * 100_000, "workflow": "{}"},
        {"prompt": "{}", "workflow": "{}"},
        {"prompt": '{"1": 3}', "workflow": '{"links": [[1,2]]}'},
        {"invokeai_metadata": '{"scheduler": 3, "model": 5}'},
        {"invokeai_metadata": "null"},
        {"sd__metadata": '{"image": []}'},
        {"Comment": "{}", "Description": "x", "Source": "y"},
        {"parameters": '{"base_model": []}'},
        {"parameters": "null"},
    ],
)
def test_a_malformed_structure_is_no_error(texts):
    assert isinstance(read_picture_info(png(**texts)).pairs, dict)


def with_chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG with one more chunk behind its header."""
    whole, at = saved("PNG"), 8 + 25
    check = struct.pack(">I", zlib.crc32(kind + content))
    return whole[:at] + struct.pack(">I", len(content)) + kind + content + check + whole[at:]


BOMB = zlib.compress(b"a" * 50_000_000, 9)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (with_chunk(b"tEXt", b"parameters\0" + b"a" * 3_000_000), "too long to be settings"),
        (with_chunk(b"zTXt", b"parameters\0\0" + BOMB), "too long to be settings"),
        (with_chunk(b"iTXt", b"parameters\0\1\0\0\0" + BOMB), "too long to be settings"),
        (b"", "PNG, JPEG and WebP do"),
        (b"not a picture", "PNG, JPEG and WebP do"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG, JPEG and WebP do"),
        (saved("PNG")[:60], "damaged"),
        (saved("GIF"), "PNG, JPEG and WebP do"),
    ],
)
def test_a_hostile_file_is_a_sentence(data, says):
    with pytest.raises(BadPicture, match=says):
        read_picture_info(data)


@pytest.mark.parametrize(
    "data",
    [
        with_chunk(b"iTXt", b"parameters"),
        with_chunk(b"zTXt", b"parameters\0\0not compressed"),
        saved("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff" * 40),
    ],
)
def test_broken_text_in_a_whole_picture_is_no_settings(data):
    assert read_picture_info(data).settings.values.get("steps") is None


@pytest.mark.parametrize(
    "task",
    [
        TextToImage(),
        ImageToImage(picture=PICTURE),
        Inpaint(picture=PICTURE, mask=PICTURE, area="Only masked", masked_content="fill"),
        DepthToImage(picture=PICTURE),
    ],
)
@pytest.mark.parametrize("prompt", ["a lake", "", "two\nlines, (heavy:1.3)", "BREAK <lora:a:1> 🎈"])
def test_sd_parsers_reads_every_file_that_is_written_here(task, prompt):
    request = GenerationRequest(
        prompt=prompt, negative_prompt="fog", seed=7, width=64, height=64, sampler="Euler a",
        model=ModelChoice(checkpoint="storybook"), task=task,
    )  # fmt: skip
    hashes = dict.fromkeys(ADAPTER_HASHES, "a: 0123456789, b: 9876543210")
    infotext = write_infotext(request, "ab" * 32, ("fine.safetensors", "cd" * 32), hashes)
    making = Making(request=request, created=1.5, parent=None, pixels="ef" * 32)
    chunks = {CHUNK_KEY: write_making(making)}
    data = encode_png(np.zeros((64, 64, 3), np.uint8), infotext, **chunks)
    found = ParserManager().parse(io.BytesIO(data))  # type: ignore[arg-type]
    assert found is not None
    assert (found.full_prompt, found.full_negative_prompt) == (prompt, "fog")
    (sampler,) = found.samplers
    assert sampler.name == "Euler a"
    assert sampler.model.name == "storybook"
    assert {name: sampler.parameters[name] for name in ("steps", "seed", "cfg_scale")} == {
        "steps": "20", "seed": "7", "cfg_scale": "7",
    }  # fmt: skip
    ours = read_picture_info(data)
    assert ours.program == "Atelier 0.1.0"
    assert ours.settings.task == task.name
    assert ours.settings.left_out == {}
