"""What the page shows before painting: depth, surviving noise, larger canvases, fitting models."""

from __future__ import annotations

import io
from base64 import b64decode
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from backend.errors import BadPicture, InvalidRequest
from backend.request import ModelChoice
from backend.tasks import DepthToImage, ImageToImage, Inpaint, PictureRef
from tests.ui.fake_studio import FakeStudio
from tests.ui.test_ui_pictures import PICTURE, PICTURE_VALUES, REF
from ui import depth_to_image, inpaint
from ui.explorer import NOTHING, explored
from ui.model_fit import FITTING, unfitting
from ui.send import taken

MODEL = ModelChoice(checkpoint="storybook")
DEPTH = {"sha256": "ef" * 32, "width": 512, "height": 384, "note": ""}


def kept(studio: FakeStudio, size: tuple[int, int] = (96, 64)) -> dict:
    target = io.BytesIO()
    Image.new("RGB", size, "teal").save(target, "PNG")
    ref = studio.keep_picture(target.getvalue()).ref
    return {"sha256": ref.sha256, "width": ref.width, "height": ref.height, "note": "kept"}


@pytest.mark.parametrize(
    ("handed", "depth"),
    [
        ({"picture": PICTURE}, None),
        ({"picture": PICTURE, "depth": None}, None),
        ({"picture": PICTURE, "depth": DEPTH}, PictureRef(sha256="ef" * 32, width=512, height=384)),
    ],
)
def test_depth_to_image_carries_a_map_only_where_it_was_changed(handed, depth):
    request = depth_to_image.to_request(PICTURE_VALUES | {"input": handed}, MODEL)
    assert request.task == DepthToImage(picture=REF, depth=depth, strength=0.6, resize="Stretch")


def test_depth_to_image_without_a_picture_says_what_to_do():
    with pytest.raises(InvalidRequest) as caught:
        depth_to_image.to_request(PICTURE_VALUES | {"input": None}, MODEL)
    assert str(caught.value) == depth_to_image.NO_PICTURE


def test_a_depth_map_is_had_by_its_picture_s_name(studio: FakeStudio, client):
    told = client.post("/atelier/studies/depth", json=kept(studio)).json()
    assert (told["width"], told["height"], told["estimator"]) == (96, 64, "dpt")
    answer = client.get(f"/atelier/inputs/{told['sha256']}")
    with Image.open(io.BytesIO(answer.content)) as depth:
        assert depth.size == (96, 64)


def test_depth_while_the_engine_starts_can_be_asked_for_again(studio: FakeStudio, client):
    studio._ready_at = float("inf")
    answer = client.post("/atelier/studies/depth", json=kept(studio))
    assert answer.status_code == 503
    assert "starting" in answer.json()["detail"]


@pytest.mark.parametrize(
    "name",
    [
        {},
        {"sha256": "../../etc/passwd", "width": 8, "height": 8},
        {"sha256": "ab" * 32, "width": 0, "height": 8},
        {"sha256": "ab" * 32, "width": 10**9, "height": 8},
        {"sha256": "ab" * 32, "width": "wide", "height": 8},
    ],
)
def test_only_names_of_kept_pictures_are_taken(client, name):
    assert client.post("/atelier/studies/depth", json=name).status_code == 422
    body = {"picture": name, "left": 8}
    assert client.post("/atelier/studies/extended", json=body).status_code == 422


def test_a_larger_canvas_comes_with_its_mask(studio: FakeStudio, client):
    body = {"picture": kept(studio), "right": 32}
    told = client.post("/atelier/studies/extended", json=body).json()
    assert [(one["width"], one["height"]) for one in (told["picture"], told["mask"])] == [
        (128, 64)
    ] * 2
    refused = client.post("/atelier/studies/extended", json={"picture": kept(studio)})
    assert refused.status_code == 422
    assert refused.json()["detail"].endswith(".")


def test_an_extended_canvas_is_painted_whole_at_its_own_size():
    grown = SimpleNamespace(width=637, height=384)
    assert inpaint.for_extended(0.5, grown) == (637, 384, "Whole picture", "fill", 0.9)
    assert inpaint.for_extended(1, grown)[-1] == 1
    assert inpaint.for_extended(None, grown)[-1] == 0.9


def explore(studio: FakeStudio, **changes) -> dict:
    names = ("strength", "resize", "width", "height", "steps", "sampler", "schedule", "seed")
    values = {name: PICTURE_VALUES[name] for name in names} | {"input": {"picture": kept(studio)}}
    return explored(studio, values | changes, MODEL)


def test_what_survives_the_noise_is_shown_as_a_picture(studio: FakeStudio):
    shown = explore(studio, strength=0.4, seed=-1)
    head, _, data = shown["src"].partition(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(b64decode(data))) as picture:
        assert np.asarray(picture).std() > 0
    asked = studio.previews[-1]
    assert isinstance(asked.task, ImageToImage)
    assert (asked.task.strength, asked.seed, asked.model.checkpoint) == (0.4, 0, "storybook")


@pytest.mark.parametrize("handed", [None, {}, {"error": "The server does not answer."}])
def test_without_a_picture_nothing_is_explored(studio: FakeStudio, handed):
    assert explore(studio, input=handed) == NOTHING
    assert studio.previews == []


def test_what_cannot_be_explored_is_a_sentence(studio: FakeStudio):
    shown = explore(studio, steps=0)
    assert (shown["src"], shown["waits"]) == ("", False)
    assert shown["sentence"].endswith(".")


def test_what_is_asked_while_the_engine_starts_is_asked_again_later(studio: FakeStudio):
    studio._ready_at = float("inf")
    shown = explore(studio)
    assert (shown["src"], shown["waits"]) == ("", True)
    assert "starting" in shown["sentence"]


def test_every_task_says_which_models_fit(studio: FakeStudio):
    specs = studio.checkpoints()
    assert unfitting(specs, "storybook", "inpaint") is None
    assert unfitting(specs, "storybook-depth", "depth-to-image") is None
    assert unfitting(specs, None, "inpaint") is None
    base = unfitting(specs, "storybook", "depth-to-image")
    assert base == {
        "sentence": "storybook paints without a depth map.",
        "switch": "storybook-depth",
    }
    for task in ("text-to-image", "image-to-image", "inpaint"):
        found = unfitting(specs, "storybook-depth", task)
        assert found is not None
        assert found["switch"] == "storybook"


def test_where_no_model_fits_it_says_what_to_get(studio: FakeStudio):
    bases = [spec for spec in studio.checkpoints() if spec.kind == "base"]
    found = unfitting(bases, "storybook", "depth-to-image")
    assert found is not None
    assert found["switch"] == ""
    assert "models/checkpoints" in found["sentence"]


def test_an_inpainting_checkpoint_is_offered_for_inpainting_first(studio: FakeStudio):
    specs = [*studio.checkpoints(), replace(studio.checkpoints()[0], name="fix", kind="inpaint")]
    found = unfitting(specs, "storybook-depth", "inpaint")
    assert found is not None
    assert found["switch"] == "fix"
    assert set(FITTING) == {"text-to-image", "image-to-image", "inpaint", "depth-to-image"}


def test_a_sent_picture_takes_its_inpainting_along(studio: FakeStudio, paint, monkeypatch):
    picture = PictureRef(**{k: v for k, v in kept(studio).items() if k != "note"})
    task = Inpaint(picture=picture, mask=picture, mask_blur=12, area="Only masked", padding=48)
    texts = {
        "usual": "a lake\nSteps: 3, Sampler: Euler, CFG scale: 4, Mask blur: 4, Seed: 1",
        "other": "a lake\nSteps: 3, Sampler: Euler, CFG scale: 4, Mask blur: 12, Seed: 1, "
        "Inpaint area: Only masked, Masked area padding: 48, Masked content: fill, "
        "Soft inpainting: True",
    }
    paint(task=task)
    path = studio.recent(1)[0].path
    found = {}
    for name, text in texts.items():
        monkeypatch.setattr("ui.send._infotext", lambda _path, text=text: text)
        found[name] = taken(studio, f"{path.parent.name}/{path.name}", "inpaint")[1]
    keys = ("mask_blur", "area", "masked_content", "soft")
    assert [found["usual"][key] for key in keys] == [4, "Whole picture", "original", False]
    assert [found["other"][key] for key in keys] == [12, "Only masked", "fill", True]
    with pytest.raises(BadPicture):
        taken(studio, "2026-01-01/00001-1.png", "inpaint")
