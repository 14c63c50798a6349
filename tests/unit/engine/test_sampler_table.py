"""Which sampler can follow which schedule."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backend.engine.sampler_table import ALL_SCHEDULES, SAMPLER_TABLE, check_combination
from backend.engine.samplers import build_scheduler, evaluations, set_steps
from backend.errors import InvalidRequest
from backend.names import SAMPLERS, SCHEDULES
from tests.tiny_model import SCHEDULER_CONFIG

COMBINATIONS = [
    (sampler, schedule) for sampler, entry in SAMPLER_TABLE.items() for schedule in entry.schedules
]


def test_every_name_of_the_page_is_in_the_table() -> None:
    assert set(SAMPLER_TABLE) == set(SAMPLERS)
    assert {"Automatic", *ALL_SCHEDULES} == set(SCHEDULES)


def test_automatic_is_always_possible() -> None:
    assert [check_combination(name, "Automatic") for name in ("DPM++ 2M", "Euler a")] == [
        "Karras",
        "Uniform",
    ]
    for sampler in SAMPLERS:
        check_combination(sampler, "Automatic")


def test_an_impossible_combination_is_told_in_a_sentence() -> None:
    with pytest.raises(InvalidRequest, match="DDIM cannot follow the schedule “Karras”") as caught:
        check_combination("DDIM", "Karras")
    assert caught.value.field == "schedule"


def test_the_table_needs_no_torch() -> None:
    code = "import sys, backend.engine.sampler_table; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("sampler", "schedule"), COMBINATIONS)
def test_the_artist_gets_the_steps_she_asked_for(sampler: str, schedule: str) -> None:
    for steps in (1, 2, 7, 20):
        scheduler = build_scheduler(sampler, schedule, SCHEDULER_CONFIG, "epsilon")
        set_steps(scheduler, steps)
        looks = evaluations(scheduler)
        ends = [look.step for look in looks if look.ends_step]
        assert ends == list(range(1, steps + 1))
        assert all(0 <= float(look.timestep) < 1000 for look in looks)


def test_lcm_takes_more_steps_than_it_was_distilled_for() -> None:
    scheduler = build_scheduler("LCM", "Uniform", SCHEDULER_CONFIG, "epsilon")
    set_steps(scheduler, 150)
    assert evaluations(scheduler)[-1].step == 150


@pytest.mark.parametrize("schedule", ["Uniform", "Exponential", "Beta"])
def test_a_taste_saved_in_the_model_does_not_count(schedule: str) -> None:
    """Some community models are saved with the Karras schedule or an SDE solver in them."""
    saved = {**SCHEDULER_CONFIG, "use_karras_sigmas": True, "algorithm_type": "sde-dpmsolver++"}
    plain, other = (
        build_scheduler("DPM++ 2M", schedule, config, "epsilon")
        for config in (SCHEDULER_CONFIG, saved)
    )
    assert dict(plain.config) == dict(other.config)
