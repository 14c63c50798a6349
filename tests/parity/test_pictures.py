"""The tasks that start from a picture, against the diffusers pipeline of the same name."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import diffusers
import pytest
import torch
from PIL import Image

from backend.engine.components import Components, place
from backend.engine.painter import Painter
from backend.request import GenerationRequest
from backend.tasks import DepthToImage, ImageToImage, Inpaint
from tests.parity.comparison import TOLERANCE, Comparison
from tests.parity.conftest import BUNDLED
from tests.parity.pictures import REF, PictureComparison, some_inputs
from tests.tiny_model import tiny_components

BUNDLED_DEPTH = BUNDLED.parent / "storybook-depth"
KARRAS = {"use_karras_sigmas": True}
SDE = {"algorithm_type": "sde-dpmsolver++"}
EXPONENTIAL = {"use_exponential_sigmas": True}

# our name, diffusers' class and settings
SAMPLERS = [
    ("Euler", diffusers.EulerDiscreteScheduler, {}),
    ("Euler a", diffusers.EulerAncestralDiscreteScheduler, {}),
    ("DPM++ 2M", diffusers.DPMSolverMultistepScheduler, KARRAS),
    ("Heun", diffusers.HeunDiscreteScheduler, {}),
    ("DDIM", diffusers.DDIMScheduler, {}),
    ("DPM++ 2M SDE", diffusers.DPMSolverMultistepScheduler, {**SDE, **EXPONENTIAL}),
    ("DPM++ SDE", diffusers.DPMSolverSinglestepScheduler, {**SDE, **KARRAS}),
    ("LMS", diffusers.LMSDiscreteScheduler, {}),
    ("DPM2", diffusers.KDPM2DiscreteScheduler, KARRAS),
    ("DPM2 a", diffusers.KDPM2AncestralDiscreteScheduler, KARRAS),
    ("PLMS", diffusers.PNDMScheduler, {"skip_prk_steps": True}),
    ("UniPC", diffusers.UniPCMultistepScheduler, {}),
    ("LCM", diffusers.LCMScheduler, {}),
]
# For the tasks that only add channels: with and without draws, and with two looks in a step.
FEW = SAMPLERS[:6]
STRENGTHS = [0.25, 0.6, 1.0]


def _name(value: object) -> str | None:
    return value[0] if isinstance(value, tuple) else None


@pytest.fixture(scope="session")
def tiny() -> Callable[[int], Components]:
    """A tiny model with so many input channels."""
    return lambda channels: tiny_components(in_channels=channels)


def _task_comparison(painter: Painter, parts: dict[str, Any], pipeline: type) -> PictureComparison:
    pipe = pipeline(**parts)
    pipe.set_progress_bar_config(disable=True)
    return PictureComparison(painter, pipe)


def _parts(model: Components, **others: Any) -> dict[str, Any]:
    parts = {"unet": model.unet, "vae": model.vae, "text_encoder": model.text_encoder}
    return {**parts, "tokenizer": model.tokenizer, "scheduler": None, **others}


def _placed(model: Components) -> Painter:
    return Painter(place(copy.deepcopy(model), torch.device("cpu"), torch.float32))


def _four_channels(comparison: Comparison, pipeline: type) -> PictureComparison:
    parts = {**comparison.pipe.components, "requires_safety_checker": False}
    return _task_comparison(comparison.painter, parts, pipeline)


@pytest.fixture(scope="session")
def from_picture(comparison: Comparison) -> PictureComparison:
    return _four_channels(comparison, diffusers.StableDiffusionImg2ImgPipeline)


@pytest.fixture(scope="session")
def inpaint_4(comparison: Comparison) -> PictureComparison:
    return _four_channels(comparison, diffusers.StableDiffusionInpaintPipeline)


@pytest.fixture(scope="session")
def inpaint_9(tiny: Callable[[int], Components]) -> PictureComparison:
    none = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    model = tiny(9)
    pipeline = diffusers.StableDiffusionInpaintPipeline
    return _task_comparison(_placed(model), _parts(model, **none), pipeline)


@pytest.fixture(scope="session")
def with_depth(comparison: Comparison, tiny: Callable[[int], Components]) -> PictureComparison:
    """On the bundled depth model, or a tiny random one without it."""
    model = tiny(5)
    if BUNDLED_DEPTH.is_dir():
        unet = diffusers.UNet2DConditionModel.from_pretrained(
            BUNDLED_DEPTH / "unet", torch_dtype=torch.float32
        )
        model = replace(
            comparison.painter.components, unet=unet.to(memory_format=torch.channels_last)
        )
    parts = _parts(model, depth_estimator=None, feature_extractor=None)
    return _task_comparison(_placed(model), parts, diffusers.StableDiffusionDepth2ImgPipeline)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("sampler", SAMPLERS, ids=_name)
def test_image_to_image(
    from_picture: PictureComparison, request_: GenerationRequest, sampler: tuple, strength: float
) -> None:
    name, scheduler, settings = sampler
    task = ImageToImage(picture=REF, strength=strength)
    asked = replace(request_, sampler=name, schedule="Automatic", task=task)
    assert from_picture.difference(asked, scheduler, settings) < TOLERANCE


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("sampler", SAMPLERS, ids=_name)
def test_inpainting_on_a_base_checkpoint(
    inpaint_4: PictureComparison, request_: GenerationRequest, sampler: tuple, strength: float
) -> None:
    assert _inpainting_difference(inpaint_4, request_, sampler, strength) < TOLERANCE


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("sampler", FEW, ids=_name)
def test_inpainting_on_an_inpainting_checkpoint(
    inpaint_9: PictureComparison, request_: GenerationRequest, sampler: tuple, strength: float
) -> None:
    assert _inpainting_difference(inpaint_9, request_, sampler, strength) < TOLERANCE


def _inpainting_difference(
    both: PictureComparison, request: GenerationRequest, sampler: tuple, strength: float
) -> float:
    name, scheduler, settings = sampler
    task = Inpaint(picture=REF, mask=REF, strength=strength, resize="Stretch")
    asked = replace(request, sampler=name, schedule="Automatic", task=task)
    call = {"height": asked.height, "width": asked.width}
    mask = Image.fromarray(some_inputs().mask)
    return both.difference(asked, scheduler, settings, mask_image=mask, **call)


@pytest.mark.parametrize("kind", ["inpaint_4", "inpaint_9"])
@pytest.mark.parametrize("size", [(128, 80), (72, 64)])
def test_a_picture_of_another_size_is_stretched_alike(
    request: pytest.FixtureRequest,
    request_: GenerationRequest,
    kind: str,
    size: tuple[int, int],
) -> None:
    asked = replace(request_, width=size[0], height=size[1])
    both = request.getfixturevalue(kind)
    assert _inpainting_difference(both, asked, SAMPLERS[0], 0.6) < TOLERANCE


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("sampler", FEW, ids=_name)
def test_depth_to_image(
    with_depth: PictureComparison, request_: GenerationRequest, sampler: tuple, strength: float
) -> None:
    name, scheduler, settings = sampler
    task = DepthToImage(picture=REF, depth=REF, strength=strength)
    asked = replace(request_, sampler=name, schedule="Automatic", task=task)
    depth = torch.from_numpy(some_inputs().depth)[None]
    assert with_depth.difference(asked, scheduler, settings, depth_map=depth) < TOLERANCE
