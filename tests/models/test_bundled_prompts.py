"""The prompt language and adapters on the bundled model, through the workshop that paints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.library.library import Library
from backend.request import GenerationRequest, ModelChoice
from backend.studio.inputs import InputPictures
from backend.studio.worker import Picture
from backend.studio.workshop import EngineWorkshop
from tests.adapter_files import save_embedding, save_hypernetwork, save_lora
from training.paths import STORYBOOK

PROMPT = "rolling hills in summer"
WIDTH = 160  # of the bundled text encoder


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> EngineWorkshop:
    models = tmp_path_factory.mktemp("models")
    (models / "bundled").symlink_to(STORYBOOK.parent)
    save_lora(models / "loras" / "ink.safetensors", STORYBOOK, size=0.3)
    save_embedding(models / "embeddings" / "gouache.safetensors", WIDTH)
    save_hypernetwork(models / "hypernetworks" / "mood.pt", WIDTH)
    return EngineWorkshop(Library(models), InputPictures(models / "in"), "cpu", "auto")


def paint(workshop: EngineWorkshop, prompt: str, seed: int = 5, steps: int = 4) -> np.ndarray:
    request = GenerationRequest(
        prompt=prompt, width=128, height=128, steps=steps, cfg_scale=4.0, seed=seed,
        sampler="Euler", preview="Off", model=ModelChoice(checkpoint="storybook"),
    )  # fmt: skip
    easel = workshop.prepare(request, lambda text: None, lambda: False)
    try:
        *_, picture = easel.paint(request)
    finally:
        easel.close()
    assert isinstance(picture, Picture)
    return picture.pixels


@pytest.mark.parametrize(
    "named", ["<lora:ink:0.8>", "<hypernet:mood:0.1>", " gouache", "<lora:ink:0.3> gouache"]
)
def test_the_picture_before_and_after_an_adapter_is_the_same_bit_for_bit(workshop, named):
    before = paint(workshop, PROMPT)
    worn = paint(workshop, PROMPT + named)
    assert (worn != before).any()
    assert (paint(workshop, PROMPT) == before).all()
    assert (paint(workshop, PROMPT + named) == worn).all()


def test_the_embedding_fits_the_bundled_text_encoder(workshop):
    paint(workshop, PROMPT, steps=1)
    count = workshop.count_tokens("a gouache lake", 20, False)
    assert [token.size for token in count.stages[0].tokens] == [1, 2, 1]
    assert Path(STORYBOOK, "text_encoder", "config.json").read_text().find(f": {WIDTH}") > 0
