"""Tasks that start from a picture: the painter's value and the widgets become a request."""

from __future__ import annotations

import base64
import io

import gradio as gr
import pytest
from PIL import Image

from backend.errors import BadPicture, InvalidRequest
from backend.request import ModelChoice
from backend.tasks import ImageToImage, Inpaint, PictureRef
from tests.ui.fake_studio import FakeStudio
from tests.ui.test_ui_request import VALUES
from ui import image_to_image, inpaint
from ui.page import build_page
from ui.picture_controls import size_for_picture, strength_line
from ui.send import taken

MODEL = ModelChoice(checkpoint="storybook")
PICTURE = {"sha256": "ab" * 32, "width": 512, "height": 384, "note": ""}
MASK = {"sha256": "cd" * 32, "width": 512, "height": 384, "note": ""}
PICTURE_VALUES = VALUES | {
    "input": {"picture": PICTURE, "mask": MASK},
    "strength": 0.6,
    "resize": "Stretch",
    "mask_blur": 8.0,
    "masked_content": "latent noise",
    "area": "Only masked",
    "padding": 48,
    "soft": True,
}
REF = PictureRef(sha256="ab" * 32, width=512, height=384)


def test_image_to_image_carries_its_picture_and_strength():
    request = image_to_image.to_request(PICTURE_VALUES, MODEL)
    assert request.task == ImageToImage(picture=REF, strength=0.6, resize="Stretch")
    assert (request.prompt, request.width, request.steps) == ("a balloon", 512, 12)


def test_inpaint_carries_all_that_its_mask_says():
    assert inpaint.to_request(PICTURE_VALUES, MODEL).task == Inpaint(
        picture=REF,
        mask=PictureRef(sha256="cd" * 32, width=512, height=384),
        strength=0.6,
        resize="Stretch",
        mask_blur=8,
        masked_content="latent noise",
        area="Only masked",
        padding=48,
        soft=True,
    )


def test_the_four_starts_of_a_masked_area_are_those_of_the_engine():
    starts = [value for _, value in inpaint.STARTS]
    for start in starts:
        inpaint.to_request(PICTURE_VALUES | {"masked_content": start}, MODEL)
    assert len(set(starts)) == 4


@pytest.mark.parametrize("handed", [None, {}, [], "x", {"picture": None}, {"picture": {}}])
def test_no_picture_is_a_sentence_that_says_what_to_do(handed):
    for tab in (image_to_image, inpaint):
        with pytest.raises(InvalidRequest) as caught:
            tab.to_request(PICTURE_VALUES | {"input": handed}, MODEL)
        assert caught.value.field == "input"
        assert str(caught.value) == tab.NO_PICTURE


def test_an_empty_mask_is_a_sentence_of_its_own():
    with pytest.raises(InvalidRequest, match="The mask is empty"):
        inpaint.to_request(PICTURE_VALUES | {"input": {"picture": PICTURE}}, MODEL)


def test_what_the_painter_could_not_hand_over_is_said_in_its_words():
    handed = {"error": "The picture could not be sent: the server does not answer."}
    with pytest.raises(InvalidRequest, match="could not be sent"):
        image_to_image.to_request(PICTURE_VALUES | {"input": handed}, MODEL)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("strength", 1.5),
        ("strength", None),
        ("resize", "Magic"),
        ("mask_blur", 1000),
        ("masked_content", "glue"),
        ("area", None),
        ("padding", "wide"),
        ("width", 50),
    ],
)
def test_a_bad_value_is_refused_naming_its_field(field, value):
    with pytest.raises(InvalidRequest) as caught:
        inpaint.to_request(PICTURE_VALUES | {field: value}, MODEL)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("steps", "strength", "line"),
    [
        (20, 0.75, "15 of 20 steps; the rest of the picture stays"),
        (20, 0.04, "0 of 20 steps; the picture comes back as it is"),
        (20, 1, "All 20 steps; next to nothing of the picture stays"),
        (None, 0.5, ""),
    ],
)
def test_the_strength_says_how_many_steps_run(steps, strength, line):
    assert strength_line(steps, strength) == line


@pytest.mark.parametrize(
    ("size", "native", "expected"),
    [
        ((512, 384), 512, (512, 384)),
        ((500, 333), 512, (500, 333)),
        ((40, 333), 512, (64, 333)),
        ((2000, 1000), 512, (728, 360)),
        ((2048, 8), 512, (2048, 64)),
        ((768, 512), 256, (312, 208)),
    ],
)
def test_a_picture_is_painted_at_its_size_or_at_the_model_s(size, native, expected):
    assert size_for_picture(*size, native) == expected


def test_a_sent_picture_brings_its_settings(studio: FakeStudio, paint):
    paint(prompt="a calm lake", negative_prompt="rain", cfg_scale=4.5, sampler="Euler a")
    path = studio.recent(1)[0].path
    kept, settings = taken(studio, f"{path.parent.name}/{path.name}", "inpaint")
    assert (kept.ref.width, kept.ref.height) == (64, 64)
    assert studio.input_file(kept.ref.sha256)
    assert settings["prompt"] == "a calm lake"
    assert settings["negative_prompt"] == "rain"
    assert (settings["steps"], settings["cfg_scale"], settings["seed"]) == (3, 4.5, 5)
    assert settings["sampler"] == "Euler a"


@pytest.mark.parametrize(
    ("told", "target", "strength"),
    [
        ("Denoising strength: 0.6", "image-to-image", 0.6),
        ("Denoising strength: 0.6", "inpaint", 0.6),
        ("Denoising strength: 0.6", "depth-to-image", None),
        ("Denoising strength: 0.6, Mask blur: 4", "depth-to-image", None),
        ("Denoising strength: 0.9, Depth map: estimated", "depth-to-image", 0.9),
        ("Denoising strength: 0.9, Depth map: estimated", "inpaint", 0.9),
    ],
)
def test_another_task_s_strength_is_not_taken_to_depth(
    studio: FakeStudio, paint, monkeypatch, *, told, target, strength
):
    paint()
    path = studio.recent(1)[0].path
    text = f"a lake\nSteps: 3, Sampler: Euler, CFG scale: 4, Seed: 1, {told}"
    monkeypatch.setattr("ui.send._infotext", lambda _path: text)
    _, settings = taken(studio, f"{path.parent.name}/{path.name}", target)
    assert settings.get("strength") == strength
    assert (settings["prompt"], settings["steps"]) == ("a lake", 3)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "2026-01-01/00001-1.png", "/etc/passwd"])
def test_nothing_but_a_saved_picture_can_be_sent(studio: FakeStudio, name):
    with pytest.raises(BadPicture, match="no longer in the outputs folder"):
        taken(studio, name, "inpaint")


def endpoint(studio: FakeStudio, name: str):
    functions = build_page(studio).blocks.fns.values()
    return next(one.fn for one in functions if one.api_name == name)


def base64_picture(width: int, height: int, tone: int = 200) -> str:
    target = io.BytesIO()
    Image.new("RGB", (width, height), (tone, tone, tone)).save(target, "PNG")
    return base64.b64encode(target.getvalue()).decode()


def test_the_endpoints_paint_from_pictures(studio: FakeStudio):
    picture, mask = base64_picture(96, 64), base64_picture(96, 64, 255)
    (over,) = endpoint(studio, "image_to_image")(picture, "a lake", steps=4, seed=3, strength=0.5)
    (inside,) = endpoint(studio, "inpaint")(picture, mask, "a lake", steps=4, seed=3)
    assert [(one["width"], one["height"], one["seed"]) for one in (over, inside)] == [
        (96, 64, 3)
    ] * 2


def test_the_endpoints_refuse_in_sentences(studio: FakeStudio):
    picture = base64_picture(96, 64)
    with pytest.raises(gr.Error, match="must be base64"):
        endpoint(studio, "image_to_image")("not base64!", "a lake")
    with pytest.raises(gr.Error, match="mask of the picture's size"):
        endpoint(studio, "inpaint")(picture, base64_picture(64, 64), "a lake")
