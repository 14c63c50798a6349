"""Each sampler and schedule that diffusers has: the same seed and settings, the same latent."""

from __future__ import annotations

from dataclasses import replace

import diffusers
import pytest

from backend.request import GenerationRequest
from tests.parity.comparison import TOLERANCE, Comparison

KARRAS = {"use_karras_sigmas": True}
EXPONENTIAL = {"use_exponential_sigmas": True}
SDE = {"algorithm_type": "sde-dpmsolver++"}

# our name and schedule, diffusers' class and settings; "DPM++ 2S a" does not exist there
SAME = [
    ("DPM++ 2M", "Automatic", diffusers.DPMSolverMultistepScheduler, KARRAS),
    ("DPM++ 2M", "Uniform", diffusers.DPMSolverMultistepScheduler, {}),
    ("DPM++ 2M", "Exponential", diffusers.DPMSolverMultistepScheduler, EXPONENTIAL),
    ("DPM++ 2M", "Beta", diffusers.DPMSolverMultistepScheduler, {"use_beta_sigmas": True}),
    (
        "DPM++ 2M",
        "SGM Uniform",
        diffusers.DPMSolverMultistepScheduler,
        {"timestep_spacing": "trailing"},
    ),
    ("DPM++ SDE", "Automatic", diffusers.DPMSolverSinglestepScheduler, {**SDE, **KARRAS}),
    ("DPM++ 2M SDE", "Automatic", diffusers.DPMSolverMultistepScheduler, {**SDE, **EXPONENTIAL}),
    (
        "DPM++ 3M SDE",
        "Automatic",
        diffusers.DPMSolverMultistepScheduler,
        {**SDE, **EXPONENTIAL, "solver_order": 3},
    ),
    ("Euler a", "Automatic", diffusers.EulerAncestralDiscreteScheduler, {}),
    ("Euler", "Automatic", diffusers.EulerDiscreteScheduler, {}),
    ("Euler", "Karras", diffusers.EulerDiscreteScheduler, KARRAS),
    ("LMS", "Automatic", diffusers.LMSDiscreteScheduler, {}),
    ("Heun", "Automatic", diffusers.HeunDiscreteScheduler, {}),
    ("DPM2", "Automatic", diffusers.KDPM2DiscreteScheduler, KARRAS),
    ("DPM2 a", "Automatic", diffusers.KDPM2AncestralDiscreteScheduler, KARRAS),
    ("DDIM", "Automatic", diffusers.DDIMScheduler, {}),
    ("PLMS", "Automatic", diffusers.PNDMScheduler, {"skip_prk_steps": True}),
    ("UniPC", "Automatic", diffusers.UniPCMultistepScheduler, {}),
    ("LCM", "Automatic", diffusers.LCMScheduler, {}),
]


@pytest.mark.parametrize("same", SAME, ids=lambda same: f"{same[0]}, {same[1]}")
def test_same_latent(comparison: Comparison, request_: GenerationRequest, same: tuple) -> None:
    sampler, schedule, scheduler, settings = same
    asked = replace(request_, sampler=sampler, schedule=schedule)
    assert comparison.difference(asked, scheduler, settings) < TOLERANCE


@pytest.mark.parametrize(
    ("sampler", "scheduler"),
    [
        ("Euler", diffusers.EulerDiscreteScheduler),
        ("DDIM", diffusers.DDIMScheduler),
        ("UniPC", diffusers.UniPCMultistepScheduler),
    ],
)
def test_same_latent_as_a_pipeline_in_its_own_memory_layout(
    bare_comparison: Comparison, request_: GenerationRequest, sampler: str, scheduler: type
) -> None:
    asked = replace(request_, sampler=sampler)
    assert bare_comparison.difference(asked, scheduler, {}) < TOLERANCE


@pytest.mark.parametrize(
    ("sampler", "scheduler"),
    [
        ("Euler", diffusers.EulerDiscreteScheduler),
        ("DDIM", diffusers.DDIMScheduler),
        ("Heun", diffusers.HeunDiscreteScheduler),
        ("UniPC", diffusers.UniPCMultistepScheduler),
    ],
)
def test_same_latent_for_the_other_kind_of_prediction(
    other_comparison: Comparison, request_: GenerationRequest, sampler: str, scheduler: type
) -> None:
    asked = replace(request_, sampler=sampler)
    assert other_comparison.difference(asked, scheduler, {}) < TOLERANCE
