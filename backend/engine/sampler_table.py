"""Which diffusers scheduler stands behind each sampler name, and which schedules it can follow.

A *sampler* says how one step is taken, a *schedule* at which noise levels the steps fall. The
names and the meaning of "Automatic" are A1111's (modules/sd_samplers_kdiffusion.py); the classes
are those of diffusers' own table of equivalents (docs: "Schedulers"). No torch here, so that a
request can be refused before anything is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.errors import InvalidRequest

# What every scheduler is told, whatever the model's configuration says: some were saved with a
# sampler's taste of their author (Karras, SDE) in them, and diffusers' pipelines too turn off
# `clip_sample` and set `steps_offset`.
ALWAYS: Mapping[str, object] = {
    "use_karras_sigmas": False,
    "use_exponential_sigmas": False,
    "use_beta_sigmas": False,
    "clip_sample": False,
    "steps_offset": 1,
    "algorithm_type": "dpmsolver++",
    "solver_order": 2,
}

# What a schedule changes in a scheduler's configuration. "Uniform" leaves the spacing of timesteps
# to the model's own configuration.
SCHEDULE_OPTIONS: Mapping[str, Mapping[str, object]] = {
    "Uniform": {},
    "Karras": {"use_karras_sigmas": True},
    "Exponential": {"use_exponential_sigmas": True},
    "SGM Uniform": {"timestep_spacing": "trailing"},
    "Beta": {"use_beta_sigmas": True},
}
ALL_SCHEDULES = tuple(SCHEDULE_OPTIONS)
SPACINGS_ONLY = ("Uniform", "SGM Uniform")


@dataclass(frozen=True, kw_only=True)
class SamplerEntry:
    """One sampler: `scheduler` is a class name of diffusers or of `backend.engine`.

    `automatic` is the schedule that "Automatic" means for it; `options` go into the scheduler's
    configuration whatever the schedule.
    """

    scheduler: str
    schedules: tuple[str, ...] = ALL_SCHEDULES
    automatic: str = "Uniform"
    options: Mapping[str, object] = field(default_factory=dict)


SAMPLER_TABLE: Mapping[str, SamplerEntry] = {
    "DPM++ 2M": SamplerEntry(scheduler="DPMSolverMultistepScheduler", automatic="Karras"),
    "DPM++ SDE": SamplerEntry(
        scheduler="DPMSolverSinglestepScheduler",
        # Singlestep places its timesteps itself and knows no spacing.
        schedules=("Uniform", "Karras", "Exponential", "Beta"),
        automatic="Karras",
        options={"algorithm_type": "sde-dpmsolver++", "lower_order_final": True},
    ),
    "DPM++ 2M SDE": SamplerEntry(
        scheduler="DPMSolverMultistepScheduler",
        automatic="Exponential",
        options={"algorithm_type": "sde-dpmsolver++"},
    ),
    "DPM++ 3M SDE": SamplerEntry(
        scheduler="DPMSolverMultistepScheduler",
        automatic="Exponential",
        options={"algorithm_type": "sde-dpmsolver++", "solver_order": 3},
    ),
    "DPM++ 2S a": SamplerEntry(scheduler="AncestralTwoStageScheduler", automatic="Karras"),
    "Euler a": SamplerEntry(scheduler="EulerAncestralDiscreteScheduler", schedules=SPACINGS_ONLY),
    "Euler": SamplerEntry(scheduler="EulerDiscreteScheduler"),
    "LMS": SamplerEntry(scheduler="LMSDiscreteScheduler"),
    "Heun": SamplerEntry(scheduler="HeunDiscreteScheduler"),
    "DPM2": SamplerEntry(scheduler="KDPM2DiscreteScheduler", automatic="Karras"),
    "DPM2 a": SamplerEntry(scheduler="KDPM2AncestralDiscreteScheduler", automatic="Karras"),
    "DDIM": SamplerEntry(scheduler="DDIMScheduler", schedules=SPACINGS_ONLY),
    "PLMS": SamplerEntry(
        scheduler="PNDMScheduler", schedules=SPACINGS_ONLY, options={"skip_prk_steps": True}
    ),
    "UniPC": SamplerEntry(scheduler="UniPCMultistepScheduler"),
    # Its timesteps are a part of what a consistency model was distilled for.
    "LCM": SamplerEntry(scheduler="LCMScheduler", schedules=("Uniform",)),
}


def check_combination(sampler: str, schedule: str) -> str:
    """The schedule that is meant ("Automatic" resolved), for a sampler that can follow it.

    Raises `InvalidRequest` where the sampler is unknown or cannot follow the schedule.
    """
    entry = SAMPLER_TABLE.get(sampler)
    if entry is None:
        raise InvalidRequest("sampler", f"There is no sampler called “{sampler[:40]}”.")
    meant = entry.automatic if schedule == "Automatic" else schedule
    if meant not in entry.schedules:
        raise InvalidRequest(
            "schedule",
            f"The sampler {sampler} cannot follow the schedule “{schedule[:40]}”; "
            f"choose Automatic, {' or '.join(entry.schedules)}.",
        )
    return meant
