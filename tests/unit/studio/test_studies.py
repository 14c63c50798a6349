"""What is shown of a picture before it is painted, on tiny random models."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.errors import EngineStarting, InvalidRequest, ModelError
from backend.events import Finished, Started
from backend.geometry import Margins
from backend.request import GenerationRequest, ModelChoice
from backend.studio.studio import Settings, Studio
from backend.tasks import DepthToImage, ImageToImage, PictureRef
from tests.tiny_folder import save_tiny_dpt, save_tiny_model


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("models")
    save_tiny_model(root / "bundled" / "one")
    save_tiny_model(root / "bundled" / "deep", in_channels=5)
    save_tiny_dpt(root / "bundled" / "dpt")
    return root


@pytest.fixture(scope="module")
def studio(models: Path, tmp_path_factory) -> Iterator[Studio]:
    outputs = tmp_path_factory.mktemp("outputs")
    studio = Studio(Settings(models=models, outputs=outputs, device="cpu", dtype="fp32"))
    with pytest.raises(EngineStarting, match="starting"):
        studio.depth_map(kept(studio))
    studio.start()
    until = time.monotonic() + 60
    while studio.state().phase != "ready":
        assert time.monotonic() < until
        time.sleep(0.05)
    yield studio
    studio.close()


def kept(studio: Studio, size: tuple[int, int] = (96, 64)) -> PictureRef:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[size[1] // 2 :] = (40, 160, 60)
    with io.BytesIO() as buffer:
        Image.fromarray(pixels).save(buffer, "PNG")
        return studio.keep_picture(buffer.getvalue()).ref


def request_for(picture: PictureRef, checkpoint: str = "one", **changes) -> GenerationRequest:
    values = {"width": picture.width, "height": picture.height, "steps": 20, "seed": 3}
    task = ImageToImage(picture=picture, strength=changes.pop("strength", 0.5))
    model = ModelChoice(checkpoint=checkpoint)
    return GenerationRequest(**{**values, **changes}, model=model, task=task)


def opened(studio: Studio, ref: PictureRef) -> np.ndarray:
    path = studio.input_file(ref.sha256)
    assert path is not None
    with Image.open(path) as picture:
        return np.asarray(picture)


def colours(jpeg: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
        return np.asarray(picture, np.float32)


def test_a_depth_map_is_kept_as_a_grey_picture_of_the_same_size(studio):
    study = studio.depth_map(kept(studio, (90, 70)))
    depth = opened(studio, study.depth)
    assert (depth.shape, depth.dtype) == ((70, 90), np.uint8)
    assert (depth.min(), depth.max()) == (0, 255)
    assert study.estimator == "dpt"


def test_the_artists_own_estimator_comes_first(studio, models):
    save_tiny_dpt(models / "depth" / "mine")
    assert studio.depth_map(kept(studio)).estimator == "mine"
    shutil.rmtree(models / "depth")


def test_no_estimator_at_all_says_what_to_do(studio, models):
    hidden = models / "elsewhere"
    (models / "bundled" / "dpt").rename(hidden)
    with pytest.raises(ModelError, match="Intel/dpt-hybrid-midas"):
        studio.depth_map(kept(studio))
    hidden.rename(models / "bundled" / "dpt")


def test_less_of_a_picture_survives_at_more_strength(studio):
    picture = kept(studio)
    shown = [
        colours(studio.strength_preview(request_for(picture, strength=strength)))
        for strength in (0, 0.3, 0.8)
    ]
    assert shown[0].shape == (64, 96, 3)
    near, far = (np.abs(one - shown[0]).mean() for one in shown[1:])
    assert 0 < near < far


def test_a_model_that_is_not_loaded_shows_what_it_shows_when_it_is(studio):
    picture = kept(studio)
    request = request_for(picture, "deep", strength=0.4)
    before = colours(studio.strength_preview(request))
    task = DepthToImage(picture=picture, depth=picture, strength=0.1)
    finish(studio, studio.submit(replace(request, task=task), "test"))
    assert np.array_equal(before, colours(studio.strength_preview(request)))


def finish(studio: Studio, job_id: str) -> None:
    while (view := studio.job(job_id)) and view.state in ("queued", "running"):
        studio.wait_events(job_id, 10_000, 0.1)
    assert isinstance(studio.wait_events(job_id, 0, 0)[-1], Finished)


def test_a_picture_that_is_moved_along_the_slider_is_encoded_once(studio, monkeypatch):
    from backend.studio import studies

    calls = []
    real = studies.expose
    monkeypatch.setattr(
        studies, "expose", lambda *given, **named: calls.append(1) or real(*given, **named)
    )
    picture = kept(studio, (72, 64))
    for strength in (0.2, 0.4, 0.6):
        studio.strength_preview(request_for(picture, strength=strength))
    assert len(calls) == 1
    studio.strength_preview(request_for(picture, width=80, height=64))
    assert len(calls) == 2


def test_bad_settings_are_sentences(studio):
    request = request_for(kept(studio))
    with pytest.raises(InvalidRequest, match="no sampler"):
        studio.strength_preview(replace(request, sampler="Nope"))
    with pytest.raises(ModelError, match="no checkpoint"):
        studio.strength_preview(replace(request, model=ModelChoice(checkpoint="gone")))


def test_neither_waits_for_a_picture_in_progress(studio):
    picture = kept(studio)
    job_id = studio.submit(
        GenerationRequest(
            steps=150,
            width=128,
            height=128,
            seed=1,
            batch_size=16,
            model=ModelChoice(checkpoint="one"),
        ),
        "test",
    )
    events = []
    while not any(isinstance(event, Started) for event in events):
        events += studio.wait_events(job_id, len(events), 60)
    studio.depth_map(picture)
    studio.strength_preview(request_for(picture, strength=0.35))
    assert studio.job(job_id).state == "running"
    studio.cancel(job_id)


def test_a_depth_model_paints_from_an_estimated_and_a_given_map(studio):
    picture = kept(studio, (64, 64))
    request = request_for(picture, "deep", steps=2)
    given = DepthToImage(picture=picture, depth=studio.depth_map(picture).depth, strength=1)
    for task in (given, replace(given, depth=None)):
        finish(studio, studio.submit(replace(request, task=task), "test"))


def test_an_extended_picture_holds_the_old_one_and_its_mask(studio):
    picture = kept(studio)
    made = studio.extend(picture, Margins(left=30, bottom=10))
    assert (made.picture.width, made.picture.height) == (126, 74)
    assert np.array_equal(opened(studio, made.picture)[:64, 30:], opened(studio, picture))
    assert opened(studio, made.mask)[70, 50] == 255


@pytest.mark.parametrize(
    ("margins", "says"),
    [
        (Margins(), "by how many pixels"),
        (Margins(left=-8), "0 to 2048 whole pixels"),
        (Margins(right=2000), "would be 2096 x 64 pixels; up to 2048"),
    ],
)
def test_an_impossible_extension_is_a_sentence(studio, margins, says):
    with pytest.raises(InvalidRequest, match=says):
        studio.extend(kept(studio), margins)
