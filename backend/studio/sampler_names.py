"""What other programs call our samplers and schedules."""

from __future__ import annotations

from backend.names import SAMPLERS, SCHEDULES

_OURS = {name.casefold(): name for name in SAMPLERS}
_SCHEDULES = {name.casefold(): name for name in SCHEDULES}
# ComfyUI's, InvokeAI's and NovelAI's spellings, with what `_plain` takes off them taken off.
_THEIRS = {
    "euler": "Euler",
    "euler_a": "Euler a",
    "heun": "Heun",
    "lms": "LMS",
    "dpm_2": "DPM2",
    "dpm_2_a": "DPM2 a",
    "dpmpp_2m": "DPM++ 2M",
    "dpmpp_2s_a": "DPM++ 2S a",
    "dpmpp_sde": "DPM++ SDE",
    "dpmpp_2m_sde": "DPM++ 2M SDE",
    "dpmpp_3m_sde": "DPM++ 3M SDE",
    "ddim": "DDIM",
    "plms": "PLMS",
    "pndm": "PLMS",
    "unipc": "UniPC",
    "lcm": "LCM",
}
_THEIR_SCHEDULES = {"normal": "Uniform", "sgm_uniform": "SGM Uniform"}


def sampler_and_schedule(sampler: str, schedule: str = "") -> tuple[str | None, str | None]:
    """Our names for a sampler and a schedule as any program writes them; None for one unknown.

    No schedule means Automatic, unless the sampler's name ends in one, which is A1111's old
    spelling ("DPM++ 2M Karras").
    """
    name, ending = _split(sampler.strip())
    return _sampler(name), _schedule(schedule.strip() or ending)


def _split(name: str) -> tuple[str, str]:
    """A sampler's name and the schedule that it ends in, or ""."""
    if _sampler(name):
        return name, ""
    for schedule in SCHEDULES:
        if name.casefold().endswith(" " + schedule.casefold()):
            return name[: -len(schedule) - 1], schedule
    return (name[:-2], "Karras") if name.endswith("_k") else (name, "")


def _sampler(name: str) -> str | None:
    return _OURS.get(name.casefold()) or _THEIRS.get(_plain(name))


def _schedule(name: str) -> str | None:
    if not name:
        return "Automatic"
    return _SCHEDULES.get(name.casefold()) or _THEIR_SCHEDULES.get(name.casefold())


def _plain(name: str) -> str:
    name = name.casefold().removeprefix("k_").removesuffix("_gpu").replace("_ancestral", "_a")
    return name.replace("kdpm_", "dpm_").replace("uni_pc", "unipc")
