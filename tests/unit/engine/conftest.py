"""A tiny model, a painter with it, and a request to paint with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from backend.engine.components import Components, place
from backend.engine.painter import Painter
from backend.request import GenerationRequest, ModelChoice
from tests.tiny_model import tiny_components

ASKED = GenerationRequest(
    prompt="a red dream",
    width=64,
    height=72,
    steps=4,
    cfg_scale=3.0,
    sampler="Euler",
    seed=7,
    preview="Fitted linear",
    model=ModelChoice(checkpoint="tiny"),
)


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """These networks are small: threads would mostly wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def components() -> Components:
    return place(tiny_components(), torch.device("cpu"), torch.float32)


@pytest.fixture(scope="session")
def painter(components: Components) -> Painter:
    return Painter(components)


@pytest.fixture
def asked() -> Callable[..., GenerationRequest]:
    """A small request, with the given fields changed."""
    return lambda **changes: replace(ASKED, **changes)


@pytest.fixture(scope="session")
def painters(painter: Painter) -> dict[int, Painter]:
    """By input channels."""
    made = {channels: _tiny(channels) for channels in (9, 5)}
    fitted_map = painter.fitted_map
    others = {channels: Painter(model, None, fitted_map) for channels, model in made.items()}
    return {4: painter, **others}


def _tiny(channels: int) -> Components:
    return place(tiny_components(in_channels=channels), torch.device("cpu"), torch.float32)
