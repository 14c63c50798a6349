"""The model that both sides paint with: the bundled one, or a tiny random one without it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from backend.engine.components import Components, place
from backend.engine.painter import Painter
from backend.request import GenerationRequest, ModelChoice
from tests.parity.comparison import Comparison
from tests.tiny_model import tiny_components

BUNDLED = Path(__file__).resolve().parents[2] / "models" / "bundled" / "storybook"
PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")


def _bundled() -> Components:
    config = json.loads((BUNDLED / "scheduler/scheduler_config.json").read_text("utf-8"))
    return Components(
        unet=UNet2DConditionModel.from_pretrained(BUNDLED / "unet", torch_dtype=torch.float32),
        vae=AutoencoderKL.from_pretrained(BUNDLED / "vae", torch_dtype=torch.float32),
        text_encoder=CLIPTextModel.from_pretrained(BUNDLED / "text_encoder", dtype=torch.float32),
        tokenizer=CLIPTokenizer.from_pretrained(BUNDLED / "tokenizer"),
        scheduler_config=config,
        prediction=config["prediction_type"],
    )


def is_bundled() -> bool:
    """Whether the bundled model is there, complete."""
    return all((BUNDLED / part).is_dir() for part in PARTS)


def _load() -> Components:
    return _bundled() if is_bundled() else tiny_components()


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """These networks are small: threads would mostly wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def comparison() -> Comparison:
    """Our painter and a diffusers pipeline, on two copies of the same weights, in fp32.

    Both lie in memory as ours do (channels_last): the order of the sums in a convolution follows
    the layout, and some samplers make a thousandth of a thousandth three hundred times larger.
    """
    loaded = _load()
    ours = place(copy.deepcopy(loaded), torch.device("cpu"), torch.float32)
    theirs = _pipeline(loaded)
    for network in (theirs.unet, theirs.vae):
        network.to(memory_format=torch.channels_last)
    return Comparison(Painter(ours), theirs)


@pytest.fixture(scope="session")
def bare_comparison(comparison: Comparison) -> Comparison:
    """The same beside a pipeline in its own layout, as anyone would load it."""
    return Comparison(comparison.painter, _pipeline(_load()))


def _pipeline(loaded: Components) -> StableDiffusionPipeline:
    """diffusers' defaults, and a scheduler that each comparison sets anew."""
    theirs = StableDiffusionPipeline(
        vae=loaded.vae,
        text_encoder=loaded.text_encoder,
        tokenizer=loaded.tokenizer,
        unet=loaded.unet,
        scheduler=None,  # type: ignore[arg-type]
        safety_checker=None,  # type: ignore[arg-type]
        feature_extractor=None,  # type: ignore[arg-type]
        requires_safety_checker=False,
    )
    theirs.set_progress_bar_config(disable=True)
    return theirs


@pytest.fixture(scope="session")
def other_comparison(comparison: Comparison) -> Comparison:
    """The same weights, read as predicting v where they predict the noise, or the reverse.

    That makes no picture, but it is the same arithmetic on both sides.
    """
    components = comparison.painter.components
    other = "epsilon" if components.prediction == "v_prediction" else "v_prediction"
    components = replace(components, prediction=other)
    return Comparison(
        Painter(components, fitted_map=comparison.painter.fitted_map), comparison.pipe
    )


@pytest.fixture
def request_() -> GenerationRequest:
    """A small picture in few steps."""
    return GenerationRequest(
        prompt="a red balloon over a lake",
        negative_prompt="dark",
        width=96,
        height=64,
        steps=5,
        cfg_scale=5.0,
        sampler="Euler",
        schedule="Uniform",
        seed=1234,
        preview="Off",
        model=ModelChoice(checkpoint="storybook"),
    )
