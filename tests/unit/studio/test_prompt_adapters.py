"""Adapters by name in prompts, through the whole Studio: on for a job, and off without a trace."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from backend.errors import Stopped
from backend.events import Cancelled, Failed, Finished, ImageSaved, StepDone, Waiting
from backend.library.library import Library
from backend.studio.infotext import read_infotext
from backend.studio.inputs import InputPictures
from backend.studio.studio import Settings, Studio
from backend.studio.workshop import EngineWorkshop
from tests.adapter_files import save_embedding, save_hypernetwork, save_lora
from tests.tiny_folder import save_tiny_model
from tests.tiny_model import WIDTH
from tests.unit.studio.test_workshop import a_request, events_of, events_until, picture_of

PROMPT = "a red beach"


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("models")
    one = save_tiny_model(root / "checkpoints" / "one")
    save_lora(root / "loras" / "Ink.safetensors", one, seed=1)
    save_lora(root / "loras" / "inner" / "paper.safetensors", one, seed=2)
    save_embedding(root / "embeddings" / "dreambeach.safetensors", WIDTH, 3)
    save_embedding(root / "embeddings" / "wide.safetensors", 768)
    save_hypernetwork(root / "hypernetworks" / "mood.pt", WIDTH)
    save_hypernetwork(root / "hypernetworks" / "large.pt", 768)
    (root / "loras" / "broken.safetensors").write_bytes(b"nothing")
    return root


@pytest.fixture(scope="module")
def studio(models, tmp_path_factory):
    outputs = tmp_path_factory.mktemp("outputs")
    studio = Studio(Settings(models=models, outputs=outputs, device="cpu", dtype="fp32"))
    studio.start()
    yield studio
    studio.close()


@pytest.fixture(scope="module")
def plain(studio) -> np.ndarray:
    return pixels(studio, PROMPT)


def pixels(studio: Studio, prompt: str, **changes) -> np.ndarray:
    return picture_of(studio, a_request(prompt=prompt, **changes))[0]


def note(studio: Studio, prompt: str, **changes) -> str:
    events = events_of(studio, a_request(prompt=prompt, steps=1, **changes))
    return next(each.note for each in events if isinstance(each, ImageSaved))


def tensors_hash(path: Path) -> str:
    """Of a safetensors file's content after its header."""
    content = path.read_bytes()
    return hashlib.sha256(content[8 + int.from_bytes(content[:8], "little") :]).hexdigest()


@pytest.mark.parametrize(
    "prompt",
    [
        PROMPT + "<lora:Ink:0.8>",
        PROMPT + "<lora:Ink:0:0.8>",
        PROMPT + "<lora:Ink:0.8:0>",
        PROMPT + "<hypernet:mood:0.5>",
        "a red dreambeach",
        PROMPT + "<lora:Ink:0.4><lora:paper:-0.3><hypernet:mood:0.5> DreamBeach",
    ],
)
def test_an_adapter_changes_the_picture_and_leaves_no_trace(studio, plain, prompt):
    worn = pixels(studio, prompt)
    assert (worn != plain).any()
    assert (pixels(studio, PROMPT) == plain).all()
    assert (pixels(studio, prompt) == worn).all()


def test_jobs_in_turn_wear_each_their_own(studio, plain):
    asked = [
        "<lora:Ink:0.8>",
        "<lora:Ink:0.2>",
        "<lora:paper:0.8>",
        "<lora:Ink:0.8><lora:paper:0.8>",
    ]
    first = [pixels(studio, PROMPT + tags) for tags in asked]
    again = [pixels(studio, PROMPT + tags) for tags in reversed(asked)]
    for one, other in zip(first, reversed(again), strict=True):
        assert (one == other).all()
    assert len({picture.tobytes() for picture in [*first, plain]}) == 5


def test_the_page_is_told_what_is_put_on(studio):
    events = events_of(studio, a_request(prompt=PROMPT + "<lora:Ink:1><lora:gone:1>", steps=1))
    assert "Putting on Ink." in [each.reason for each in events if isinstance(each, Waiting)]


def test_a_lora_at_no_strength_is_none(studio, plain):
    assert (pixels(studio, PROMPT + "<lora:Ink:0>") == plain).all()


def test_a_batch_wears_it_throughout(studio):
    prompt = PROMPT + "<lora:Ink:1>"
    batch = events_of(studio, a_request(prompt=prompt, batch_size=2))
    second = [each for each in batch if isinstance(each, ImageSaved)][1]
    with Image.open(second.path) as picture:
        assert (np.asarray(picture) == pixels(studio, prompt, seed=10)).all()


def test_a_stopped_job_takes_it_off(studio, plain):
    job_id = studio.submit(a_request(prompt=PROMPT + "<lora:Ink:1> dreambeach", steps=150), "test")
    events_until(studio, job_id, StepDone)
    studio.cancel(job_id)
    assert isinstance(events_until(studio, job_id, Finished | Failed | Cancelled)[-1], Cancelled)
    assert (pixels(studio, PROMPT) == plain).all()


def test_a_job_that_fails_takes_it_off(studio, plain, monkeypatch):
    def fail(*_):
        raise RuntimeError("in mid-picture")

    with monkeypatch.context() as patch:
        patch.setattr("backend.engine.painter.decode", fail)
        events = events_of(studio, a_request(prompt=PROMPT + "<lora:Ink:1><hypernet:mood:1>"))
    assert isinstance(events[-1], Failed)
    assert (pixels(studio, PROMPT) == plain).all()


def test_what_is_stopped_while_it_is_put_on_is_taken_off(models):
    workshop = EngineWorkshop(Library(models), InputPictures(models / "in"), "cpu", "fp32")
    asked = a_request(prompt=PROMPT)
    easel = workshop.prepare(asked, lambda text: None, lambda: False)
    unet = easel.painter.components.unet
    before = {name: (each.data_ptr(), each.clone()) for name, each in unet.named_parameters()}
    asked_twice = iter([False, True])
    tagged = a_request(prompt=PROMPT + "<lora:Ink:1><lora:paper:1>")
    with pytest.raises(Stopped):
        workshop.prepare(tagged, lambda text: None, lambda: next(asked_twice))
    easel = workshop.prepare(tagged, lambda text: None, lambda: False)
    assert any(each.data_ptr() != before[name][0] for name, each in unet.named_parameters())
    easel.close()
    for name, each in unet.named_parameters():
        assert each.data_ptr() == before[name][0]
        assert (each == before[name][1]).all()


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("<lora:gone:1>", "There is no LoRA called “gone” in models/loras."),
        ("<hypernet:gone>", "There is no hypernetwork called “gone” in models/hypernetworks."),
        ("<hypernet:large:1>", "“large” fits Stable Diffusion 1.x"),
        ("<lora:broken:1>", "“broken.safetensors”"),
        ("<lora:Ink:much>", "no strength"),
        ("<foo:bar>", "no tag that is known"),
        (" wide", "“wide” fits Stable Diffusion 1.x"),
    ],
)
def test_what_cannot_be_worn_is_a_sentence_with_the_picture(studio, prompt, says):
    assert says in note(studio, PROMPT + prompt)
    shown = [each.problem for each in studio.count_tokens(PROMPT + prompt).adapters]
    assert any(says in problem for problem in shown)


def test_a_name_that_is_not_there_changes_nothing_else(studio, plain):
    assert (pixels(studio, PROMPT + "<lora:gone:1>") == plain).all()


def test_a_tag_in_the_negative_prompt_says_where_it_belongs(studio, plain):
    assert "write it in the prompt" in note(studio, PROMPT, negative_prompt="<lora:Ink:1>")
    assert (pixels(studio, PROMPT, negative_prompt="<lora:Ink:1>") == plain).all()
    (shown,) = studio.count_tokens("<lora:Ink:1>", negative=True).adapters
    assert not shown.works


def test_large_and_small_letters_are_the_same(studio):
    assert note(studio, PROMPT + "<lora:iNK:1>") == ""


def test_infotext_names_what_was_used_and_keeps_the_prompt(studio, models):
    prompt = "a (red:1.2) dreambeach <lora:Ink:0.8>, <lora:paper:1><hypernet:mood:0.5><lora:gone:1>"
    _, infotext = picture_of(studio, a_request(prompt=prompt))
    pairs = read_infotext(infotext)
    assert pairs["Prompt"] == prompt
    ink = tensors_hash(models / "loras" / "Ink.safetensors")[:12]
    paper = tensors_hash(models / "loras" / "inner" / "paper.safetensors")[:12]
    assert pairs["Lora hashes"] == f"Ink: {ink}, paper: {paper}"
    for key, file in (
        ("TI hashes", "embeddings/dreambeach.safetensors"),
        ("Hypernet hashes", "hypernetworks/mood.pt"),
    ):
        whole = hashlib.sha256((models / file).read_bytes()).hexdigest()[:12]
        assert pairs[key] == f"{Path(file).stem}: {whole}"
    _, without = picture_of(studio, a_request(prompt=PROMPT))
    assert "hashes" not in without


def test_the_tokens_show_weights_stages_and_what_is_named(studio):
    pixels(studio, PROMPT, steps=1)
    count = studio.count_tokens("(red:1.3) [a:dreambeach:2] <lora:ink:0.5>", steps=5)
    first, second = count.stages
    assert (first.when, second.when) == ("steps 1 to 2", "steps 3 to 5")
    assert [(token.text, token.weight) for token in first.tokens] == [("red ", 1.3), ("a ", 1.0)]
    assert [(token.text, token.size, token.learned) for token in second.tokens] == [
        ("red ", 1, False),
        ("dreambeach ", 3, True),
    ]
    assert (second.size, second.room) == (4, 75)
    (ink,) = count.adapters
    assert (ink.kind, ink.name, ink.strength, ink.works) == ("LoRA", "ink", 0.5, True)


def test_turns_are_told_by_their_first_steps(studio):
    pixels(studio, PROMPT, steps=1)
    count = studio.count_tokens("[a|red]", steps=9)
    assert [stage.when for stage in count.stages] == ["steps 1, 3, 5 …", "steps 2, 4, 6 …"]
    assert studio.count_tokens("a").stages[0].when == ""
    assert [stage.when for stage in studio.count_tokens("[a::1]", steps=2).stages] == [
        "step 1",
        "step 2",
    ]


def test_all_adapters_are_listed(studio):
    assert [(each.kind, each.mention) for each in studio.adapters()] == [
        ("LoRA", "<lora:broken:1>"),
        ("LoRA", "<lora:Ink:1>"),
        ("LoRA", "<lora:paper:1>"),
        ("embedding", "dreambeach"),
        ("embedding", "wide"),
        ("hypernetwork", "<hypernet:large:1>"),
        ("hypernetwork", "<hypernet:mood:1>"),
    ]


def test_of_very_many_texts_the_first_are_shown(studio):
    pixels(studio, PROMPT, steps=1)
    words = "|".join(f"red {'a ' * count}" for count in range(30))
    stages = studio.count_tokens(f"[{words}]", steps=40).stages
    assert len(stages) == 13
    assert (stages[-1].when, stages[-1].tokens) == ("and 18 other texts", ())


def test_a_picture_with_learned_words_is_gone_on_with_after_a_restart(models, tmp_path):
    """Also the second of a batch, which is begun when the words have been found already."""
    request = a_request(prompt="a red dreambeach", batch_size=2)

    def prepared():
        workshop = EngineWorkshop(Library(models), InputPictures(tmp_path), "cpu", "fp32")
        return workshop.prepare(request, lambda text: None, lambda: False)

    before = prepared()
    *_, _ = before.paint(request.for_picture(0))
    kept = next(before.paint(request.for_picture(1))).pack()
    step = next(prepared().paint(request.for_picture(1), kept))
    assert step.step == 2


def test_only_the_words_of_the_prompt_that_is_asked_are_named(studio):
    changes = {"prompt": PROMPT, "negative_prompt": "dreambeach"}
    _, both = picture_of(studio, a_request(**changes))
    _, one = picture_of(studio, a_request(**changes, cfg_scale=1.0))
    assert "TI hashes" in both
    assert "TI hashes" not in one


def test_words_that_a_lora_learned_are_told_of(tmp_path):
    model = save_tiny_model(tmp_path / "checkpoints" / "one")
    file = save_lora(tmp_path / "loras" / "Ink.safetensors", model)
    tensors = {**load_file(file), "<s1>": torch.zeros(WIDTH)}
    save_file(tensors, file, metadata={"<s1>": "<embed>"})
    workshop = EngineWorkshop(Library(tmp_path), InputPictures(tmp_path), "cpu", "fp32")
    request = a_request(prompt="<lora:Ink:1>", steps=1)
    *_, picture = workshop.prepare(request, lambda text: None, lambda: False).paint(request)
    assert picture.note == "“Ink” brings words of its own ('<s1>'), which are not read."
