"""The workshop and the whole Studio on tiny random models: loading, swapping, failing, painting."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from backend.errors import InvalidRequest, ModelError, OutOfMemory, Stopped
from backend.events import Cancelled, Failed, Finished, ImageSaved, StepDone
from backend.library.library import Library
from backend.request import GenerationRequest, ModelChoice
from backend.studio.history.step_files import StepFiles
from backend.studio.infotext import read_infotext
from backend.studio.inputs import InputPictures
from backend.studio.studio import Settings, Studio
from backend.studio.workshop import EngineWorkshop
from backend.tasks import DepthToImage, ImageToImage, Inpaint, PictureRef
from tests.tiny_folder import save_tiny_dpt, save_tiny_model


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """Two checkpoints, one of which is broken besides, and the first's VAE as a loose file."""
    root = tmp_path_factory.mktemp("models")
    one = save_tiny_model(root / "bundled" / "one")
    save_tiny_model(root / "checkpoints" / "two", change=0.02)
    broken = save_tiny_model(root / "checkpoints" / "broken")
    weights = broken / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    (root / "vae").mkdir()
    loose = (one / "vae" / "diffusion_pytorch_model.safetensors").read_bytes()
    (root / "vae" / "loose.safetensors").write_bytes(loose)
    return root


@pytest.fixture(scope="module")
def studio(models, tmp_path_factory):
    settings = Settings(
        models=models, outputs=tmp_path_factory.mktemp("outputs"), device="cpu", dtype="fp32"
    )
    studio = Studio(settings)
    studio.start()
    yield studio
    studio.close()


def a_request(checkpoint: str = "one", vae: str = "Automatic", **changes) -> GenerationRequest:
    values = {"prompt": "a red beach", "width": 64, "height": 64, "steps": 3, "seed": 9}
    model = ModelChoice(checkpoint=checkpoint, vae=vae)
    return GenerationRequest(**{**values, **changes}, model=model)


def events_of(studio: Studio, request: GenerationRequest) -> list:
    return events_until(studio, studio.submit(request, "test"), Finished | Failed | Cancelled)


def events_until(studio: Studio, job_id: str, kinds) -> list:
    """A job's events up to and including the first of the given kinds."""
    events = []
    while not any(isinstance(event, kinds) for event in events):
        new = studio.wait_events(job_id, len(events), 60)
        assert new, f"the job neither went on nor ended: {events[-1:]}"
        events += new
    return events


def picture_of(studio: Studio, request: GenerationRequest) -> tuple[np.ndarray, str]:
    saved = next(each for each in events_of(studio, request) if isinstance(each, ImageSaved))
    with Image.open(saved.path) as picture:
        return np.asarray(picture), picture.info["parameters"]


def test_a_picture_is_painted_saved_and_explained(studio, models):
    pixels, infotext = picture_of(studio, a_request())
    assert pixels.shape == (64, 64, 3)
    pairs = read_infotext(infotext)
    weights = models / "bundled/one/unet/diffusion_pytorch_model.safetensors"
    assert pairs["Model"] == "one"
    assert pairs["Model hash"] == hashlib.sha256(weights.read_bytes()).hexdigest()[:10]
    assert pairs["Prompt"] == "a red beach"


def test_every_step_is_told_with_a_preview_of_its_own(studio):
    steps = [each for each in events_of(studio, a_request()) if isinstance(each, StepDone)]
    assert [each.step for each in steps] == [1, 2, 3]
    assert len({each.preview for each in steps}) == 3
    assert all(each.preview.startswith(b"\xff\xd8") for each in steps)


def test_each_step_is_kept_so_that_it_can_be_decoded_again(studio):
    saved = next(each for each in events_of(studio, a_request()) if isinstance(each, ImageSaved))
    studio._room.step_keeper.wait()
    entry = studio.entry_of(f"{saved.path.parent.name}/{saved.path.name}")
    assert entry.kept_steps == 3
    assert entry.checkpoint_hash == studio.history_request(entry.id).model.checkpoint_hash != ""
    steps = StepFiles(saved.path.parents[1] / "steps").read(entry.name)
    assert [step.latent.shape for step in steps] == [(4, 8, 8)] * 3
    assert all(np.isfinite(step.latent).all() and step.latent.std() > 0 for step in steps)
    assert len({step.latent.tobytes() for step in steps}) == 3
    assert studio.history_steps(entry.id) == [step.preview for step in steps]


def test_the_same_request_gives_the_same_pixels_whatever_ran_between(studio):
    first, _ = picture_of(studio, a_request())
    other, _ = picture_of(studio, a_request("two", steps=2, sampler="Euler a", width=128))
    again, _ = picture_of(studio, a_request())
    assert (first == again).all()
    assert other.shape == (64, 128, 3)


def test_checkpoints_paint_differently_and_each_names_itself(studio):
    one, _ = picture_of(studio, a_request("one"))
    two, infotext = picture_of(studio, a_request("two"))
    assert (one != two).any()
    assert read_infotext(infotext)["Model"] == "two"


def test_a_loose_vae_is_used_and_named(studio):
    inside, _ = picture_of(studio, a_request())
    loose, infotext = picture_of(studio, a_request(vae="loose.safetensors"))
    assert (inside == loose).all()  # the same weights, from another file
    assert read_infotext(infotext)["VAE"] == "loose.safetensors"


def test_a_batch_is_the_pictures_of_its_seeds(studio):
    batch = [e for e in events_of(studio, a_request(batch_size=2)) if isinstance(e, ImageSaved)]
    alone, _ = picture_of(studio, a_request(seed=10))
    with Image.open(batch[1].path) as second:
        assert (np.asarray(second) == alone).all()


def test_a_failed_load_leaves_the_previous_model_painting(studio):
    before, _ = picture_of(studio, a_request())
    last = events_of(studio, a_request("broken"))[-1]
    assert isinstance(last, Failed)
    assert "incomplete" in last.error
    after, _ = picture_of(studio, a_request())
    assert (before == after).all()


@pytest.mark.parametrize("prompt", ["", "🎈🎈", "a\0b", "dream, " * 5_000, "${1+1} <script>"])
def test_any_text_paints_and_comes_back_from_the_file(studio, prompt):
    _, infotext = picture_of(studio, a_request(prompt=prompt, steps=1))
    assert read_infotext(infotext)["Prompt"] == prompt.replace("\0", " ").strip()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"steps": 0}, "Steps must be from 1"),
        ({"width": 100}, "multiple of 8"),
        ({"sampler": "Nope"}, "no sampler"),
    ],
)
def test_bad_input_is_refused_before_it_is_queued(studio, changes, says):
    with pytest.raises(InvalidRequest, match=says):
        studio.submit(a_request(**changes), "test")


def test_a_checkpoint_that_is_not_there_is_a_sentence(studio):
    with pytest.raises(ModelError, match="no checkpoint called “gone”"):
        studio.submit(a_request("gone"), "test")


def test_stop_ends_a_running_job_within_a_step(studio):
    job_id = studio.submit(a_request(steps=150), "test")
    events_until(studio, job_id, StepDone)
    assert studio.cancel(job_id)
    events = events_until(studio, job_id, Finished | Failed | Cancelled)
    assert isinstance(events[-1], Cancelled)
    assert not any(isinstance(event, ImageSaved) for event in events)
    assert not studio.cancel(job_id)


def test_a_waiting_job_is_stopped_before_it_begins(studio):
    running = studio.submit(a_request(steps=60), "test")
    waiting = studio.submit(a_request(), "test")
    assert studio.cancel(waiting)
    assert studio.wait_events(waiting, 0, 5)[-1] == Cancelled(picture=0, step=0)
    studio.cancel(running)


def test_tokens_are_counted_by_the_models_own_tokenizer(studio):
    picture_of(studio, a_request(steps=1))
    count = studio.count_tokens("dreambeach")
    (stage,) = count.stages
    assert [token.text.strip() for token in stage.tokens] == ["dream", "beach"]
    assert stage.room == 75
    assert studio.count_tokens("beach " * 80).stages[0].room == 150


def kept(studio: Studio, colour: object, size: tuple[int, int] = (64, 64)) -> PictureRef:
    with io.BytesIO() as buffer:
        Image.new("RGB", size, colour).save(buffer, "PNG")
        return studio.keep_picture(buffer.getvalue()).ref


def test_image_to_image_at_strength_0_gives_the_picture_back_and_at_1_does_not(studio):
    start = kept(studio, "red")
    near, infotext = picture_of(studio, a_request(task=ImageToImage(picture=start, strength=0)))
    far, _ = picture_of(studio, a_request(task=ImageToImage(picture=start, strength=1)))
    assert (near != far).any()
    assert read_infotext(infotext)["Denoising strength"] == "0"
    steps = events_of(studio, a_request(steps=10, task=ImageToImage(picture=start, strength=0.5)))
    assert [each.step for each in steps if isinstance(each, StepDone)] == [1, 2, 3, 4, 5]


def test_inpainting_changes_nothing_outside_the_mask(studio):
    with io.BytesIO() as buffer:
        mask = Image.new("L", (64, 64))
        mask.paste(255, (16, 16, 40, 40))
        mask.save(buffer, "PNG")
        masked = studio.keep_picture(buffer.getvalue()).ref
    task = Inpaint(picture=kept(studio, (9, 99, 199)), mask=masked, mask_blur=0, strength=1)
    pixels, _ = picture_of(studio, a_request(task=task))
    outside = np.ones((64, 64), bool)
    outside[16:40, 16:40] = False
    assert (pixels[outside] == (9, 99, 199)).all()
    assert (pixels[~outside] != (9, 99, 199)).any()


def test_an_empty_mask_and_a_wrong_kind_of_model_are_sentences(studio):
    picture = kept(studio, "red")
    empty = events_of(studio, a_request(task=Inpaint(picture=picture, mask=kept(studio, "black"))))
    assert "mask" in empty[-1].error
    depth = events_of(studio, a_request(task=DepthToImage(picture=picture, depth=picture)))
    assert isinstance(depth[-1], Failed)
    assert "depth" in depth[-1].error


def test_an_estimated_depth_map_is_kept_with_the_picture(tmp_path):
    save_tiny_model(tmp_path / "models" / "bundled" / "deep", in_channels=5)
    save_tiny_dpt(tmp_path / "models" / "depth" / "tiny")
    settings = Settings(models=tmp_path / "models", outputs=tmp_path, device="cpu", dtype="fp32")
    studio = Studio(settings)
    studio.start()
    task = DepthToImage(picture=kept(studio, "red"))
    saved = next(
        event
        for event in events_of(studio, a_request("deep", task=task))
        if isinstance(event, ImageSaved)
    )
    studio.close()
    entry = studio.entry_of(f"{saved.path.parent.name}/{saved.path.name}")
    with Image.open(studio.input_file(entry.depth_map)) as depth_map:
        assert (depth_map.mode, depth_map.size) == ("L", (task.picture.width, task.picture.height))
    assert studio.history_request(entry.id).task == task


def test_a_file_exchanged_after_the_request_is_noticed(models):
    workshop = EngineWorkshop(Library(models), InputPictures(models / "in"), "cpu", "fp32")
    request = a_request()
    stale = replace(request, model=replace(request.model, checkpoint_hash="0" * 64))
    with pytest.raises(ModelError, match="exchanged for another file"):
        workshop.prepare(stale, lambda text: None, lambda: False)


def test_a_picture_beyond_memory_is_refused_with_both_figures(models, monkeypatch):
    workshop = EngineWorkshop(Library(models), InputPictures(models / "in"), "cpu", "fp32")
    monkeypatch.setattr("backend.engine.memory.memory", lambda device: (7 * 10**9, 8 * 10**9))
    with pytest.raises(OutOfMemory, match=r"needs about \d.* GB are free; choose a smaller size"):
        workshop.prepare(a_request(width=2048, height=2048), lambda text: None, lambda: False)


def test_memory_that_ends_while_loading_is_a_sentence(models, monkeypatch):
    def short(*_args, **_options):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    workshop = EngineWorkshop(Library(models), InputPictures(models / "in"), "cpu", "fp32")
    monkeypatch.setattr("backend.studio.model_shelf.place", short)
    with pytest.raises(OutOfMemory, match="not enough memory to load “one”"):
        workshop.prepare(a_request(), lambda text: None, lambda: False)


def test_checkpoints_of_another_scaling_share_no_vae_file(models, tmp_path):
    folder = save_tiny_model(tmp_path / "checkpoints" / "one")
    other = save_tiny_model(tmp_path / "checkpoints" / "other")
    config = json.loads((other / "vae" / "config.json").read_text())
    config["scaling_factor"] = 0.5
    (other / "vae" / "config.json").write_text(json.dumps(config))
    (tmp_path / "vae").mkdir()
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    (tmp_path / "vae" / "loose.safetensors").write_bytes(weights.read_bytes())
    workshop = EngineWorkshop(Library(tmp_path), InputPictures(tmp_path / "in"), "cpu", "fp32")

    def scaling(checkpoint: str) -> float:
        request = a_request(checkpoint, vae="loose.safetensors")
        easel = workshop.prepare(request, lambda text: None, lambda: False)
        return easel.painter.components.vae.config["scaling_factor"]

    assert scaling("one") != 0.5
    assert scaling("other") == 0.5


def test_a_load_that_is_stopped_leaves_the_model_before_it_usable(models):
    workshop = EngineWorkshop(Library(models), InputPictures(models / "in"), "cpu", "fp32")
    told: list[str] = []
    workshop.prepare(a_request("one"), told.append, lambda: False)
    with pytest.raises(Stopped):
        workshop.prepare(a_request("two"), told.append, lambda: True)
    assert told[-1].startswith("Loading two")
    *_, picture = workshop.prepare(a_request("one"), told.append, lambda: True).paint(a_request())
    assert picture.pixels.any()


def test_a_new_file_is_hashed_in_its_job_which_can_be_stopped_too(models, tmp_path):
    save_tiny_model(tmp_path / "checkpoints" / "new", change=0.03)
    library = Library(tmp_path)
    workshop = EngineWorkshop(library, InputPictures(tmp_path / "in"), "cpu", "fp32")
    with pytest.raises(Stopped):
        workshop.prepare(a_request("new"), lambda text: None, lambda: True)
    assert library.known_hash(library.checkpoint("new")) == ""
    workshop.prepare(a_request("new"), lambda text: None, lambda: False)
    assert len(library.known_hash(library.checkpoint("new"))) == 64


@pytest.mark.parametrize("part", ["vae", "unet"])
def test_a_part_that_is_exchanged_inside_a_folder_paints_the_next_picture(tmp_path, part):
    folder = save_tiny_model(tmp_path / "checkpoints" / "one")
    workshop = EngineWorkshop(Library(tmp_path), InputPictures(tmp_path / "in"), "cpu", "fp32")

    def pixels() -> np.ndarray:
        easel = workshop.prepare(a_request("one"), lambda text: None, lambda: False)
        *_, picture = easel.paint(a_request("one"))
        return picture.pixels

    before = pixels()
    assert (pixels() == before).all()
    file = folder / part / "diffusion_pytorch_model.safetensors"
    changed = {name: 1.1 * each for name, each in load_file(file).items()}
    save_file(changed, file.with_name("draft"), {"format": "pt"})
    file.with_name("draft").replace(file)
    assert (pixels() != before).any()


def test_a_broken_model_is_told_of_with_the_vae_in_use(tmp_path):
    folder = save_tiny_model(tmp_path / "checkpoints" / "one")
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    spoilt = {name: each * np.nan for name, each in load_file(file).items()}
    save_file(spoilt, file, {"format": "pt"})
    workshop = EngineWorkshop(Library(tmp_path), InputPictures(tmp_path / "in"), "cpu", "fp32")
    request = a_request("one", vae="Built in", preview="Off")
    *_, picture = workshop.prepare(request, lambda text: None, lambda: False).paint(request)
    assert picture.diagnosis.cause.startswith("The noise predictor gave")
    assert picture.diagnosis.cause.endswith("at step 1.")
    assert picture.diagnosis.vae == "The one inside the checkpoint, as chosen."
    assert not picture.pixels.any()
