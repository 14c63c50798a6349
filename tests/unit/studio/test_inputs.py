"""Input pictures: every usual kind works, everything else is a sentence."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from backend.errors import BadPicture
from backend.studio.inputs import InputPictures, read_picture

LEFT_RED = np.zeros((20, 40, 3), np.uint8)
LEFT_RED[:, :20, 0] = 255


def encoded(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def test_exif_rotation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter: shown upright, the red is on top
    data = encoded(Image.fromarray(LEFT_RED), "JPEG", exif=exif, quality=95)
    picture, _ = read_picture(data)
    assert picture.size == (20, 40)
    assert picture.getpixel((10, 5))[0] > 200
    assert picture.getpixel((10, 35))[0] < 50


@pytest.mark.parametrize(
    ("picture", "kind", "mode"),
    [
        (Image.new("RGB", (8, 8), "red"), "PNG", "RGB"),
        (Image.new("RGB", (8, 8), "red"), "WEBP", "RGB"),
        (Image.new("RGBA", (8, 8), (255, 0, 0, 90)), "PNG", "RGBA"),
        (Image.new("L", (8, 8), 90), "PNG", "RGB"),
        (Image.new("LA", (8, 8), (90, 80)), "PNG", "RGBA"),
        (Image.new("P", (8, 8), 1), "PNG", "RGB"),
        (Image.new("1", (8, 8), 1), "PNG", "RGB"),
        (Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", "RGB"),
    ],
)
def test_every_usual_mode_works(picture, kind, mode):
    assert read_picture(encoded(picture, kind))[0].mode == mode


def test_sixteen_bit_grey_keeps_its_tones():
    grey = Image.fromarray(np.array([[0, 32768, 65535]], np.uint16))
    picture, _ = read_picture(encoded(grey))
    assert [picture.getpixel((x, 0))[0] for x in range(3)] == [0, 128, 255]


def test_an_animation_gives_its_first_frame_and_says_so():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    picture, note = read_picture(data)
    assert picture.getpixel((0, 0)) == (255, 0, 0)
    assert "first frame" in note


def test_an_animated_png_says_so_and_a_phones_double_jpeg_does_not():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    more = {"save_all": True, "append_images": frames[1:]}
    assert "first frame" in read_picture(encoded(frames[0], "PNG", **more))[1]
    picture, note = read_picture(encoded(frames[0], "MPO", **more))
    assert note == ""
    assert picture.getpixel((4, 4))[0] > 200


def test_a_transparent_palette_keeps_its_transparency():
    picture = Image.new("P", (8, 8), 0)
    picture.putpalette([255, 0, 0, 0, 255, 0])
    picture.putpixel((3, 3), 1)
    read, _ = read_picture(encoded(picture, "PNG", transparency=1))
    assert read.mode == "RGBA"
    assert read.getpixel((3, 3))[3] == 0
    assert read.getpixel((0, 0)) == (255, 0, 0, 255)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_exif_rotation_is_applied_in_every_format(kind):
    exif = Image.Exif()
    exif[0x0112] = 8
    picture, _ = read_picture(encoded(Image.fromarray(LEFT_RED), kind, exif=exif, quality=95))
    assert picture.size == (20, 40)
    assert picture.getpixel((10, 35))[0] > 200


@pytest.mark.parametrize("size", [(20_000, 3), (1, 1)])
def test_slivers_and_dots_work(size):
    picture, _ = read_picture(encoded(Image.new("RGB", size, "red")))
    assert picture.size == ((2048, 1) if size[0] > 2048 else (1, 1))


def test_forty_megapixels_are_brought_down_with_a_note():
    picture, note = read_picture(encoded(Image.new("L", (8000, 5000), 90)))
    assert picture.size == (2048, 1280)
    assert "from 8000 x 5000 to 2048 x 1280" in note


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a picture"),
        (b"hello, this is text", "not a picture"),
        (b"<svg onload=alert(1)></svg>", "not a picture"),
        (encoded(Image.new("RGB", (8, 8)), "GIF"), "not a picture"),
        (encoded(Image.fromarray(LEFT_RED))[:60], "damaged|not a picture"),
        (encoded(Image.new("1", (12_000, 11_000))), "12000 x 11000 pixels; up to 120 million"),
        (encoded(Image.new("1", (20_000, 20_000))), "far too many pixels; up to 120 million"),
    ],
)
def test_what_does_not_work_is_a_sentence(data, says):
    with pytest.raises(BadPicture, match=says) as refusal:
        read_picture(data)
    assert str(refusal.value).endswith(".")


def test_a_picture_is_kept_once_and_comes_back(tmp_path):
    inputs = InputPictures(tmp_path / "inputs")
    first = inputs.keep(encoded(Image.fromarray(LEFT_RED))).ref
    second = inputs.keep(encoded(Image.fromarray(LEFT_RED), compress_level=9)).ref
    assert first == second
    assert len(list((tmp_path / "inputs").iterdir())) == 1
    assert (np.asarray(inputs.open(first)) == LEFT_RED).all()


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 64])
def test_only_kept_pictures_are_found(tmp_path, name):
    assert InputPictures(tmp_path).file(name) is None


def test_several_may_keep_the_same_picture_at_once(tmp_path):
    inputs, data = InputPictures(tmp_path), encoded(Image.fromarray(LEFT_RED))
    with ThreadPoolExecutor(8) as several:
        kept = list(several.map(inputs.keep, [data] * 64))
    assert len({each.ref for each in kept}) == 1
    assert [path.name for path in tmp_path.iterdir()] == [f"{kept[0].ref.sha256}.png"]


def test_a_kept_picture_that_was_damaged_is_written_anew(tmp_path):
    inputs, data = InputPictures(tmp_path), encoded(Image.fromarray(LEFT_RED))
    ref = inputs.keep(data).ref
    path = tmp_path / f"{ref.sha256}.png"
    path.write_bytes(path.read_bytes()[:40])
    assert inputs.keep(data).ref == ref
    assert np.array_equal(np.asarray(inputs.open(ref)), LEFT_RED)
