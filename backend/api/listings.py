"""What can be chosen, in the shapes that A1111's clients read."""

from __future__ import annotations

from typing import Any

from backend.api.options import Options, title
from backend.models import ModelSpec
from backend.names import SAMPLERS, SCHEDULES
from backend.studio.views import StudioLike

# Listings that clients ask for when they start, of what this program does not do.
NOTHING_OF: dict[str, Any] = {
    "upscalers": [],
    "latent-upscale-modes": [],
    "face-restorers": [],
    "realesrgan-models": [],
    "prompt-styles": [],
    "scripts": {"txt2img": [], "img2img": []},
}


def samplers() -> list[dict[str, Any]]:
    """GET samplers."""
    return [{"name": name, "aliases": [], "options": {}} for name in SAMPLERS]


def schedulers() -> list[dict[str, Any]]:
    """GET schedulers."""
    return [
        {"name": name.lower().replace(" ", "_"), "label": name, "aliases": None}
        for name in SCHEDULES
    ]


def checkpoints(studio: StudioLike) -> list[dict[str, Any]]:
    """GET sd-models; a file's place on this machine is told by its name alone."""
    return [_checkpoint(spec) for spec in studio.checkpoints()]


def _checkpoint(spec: ModelSpec) -> dict[str, Any]:
    return {
        "title": title(spec),
        "model_name": spec.name,
        "hash": spec.short_hash or None,
        "sha256": spec.sha256 or None,
        "filename": spec.path.name,
        "config": None,
    }


def vaes(studio: StudioLike) -> list[dict[str, Any]]:
    """GET sd-vae."""
    return [{"model_name": vae.name, "filename": vae.path.name} for vae in studio.vaes()]


def short_hash(studio: StudioLike, checkpoint: str) -> str:
    """The 10 digits of a checkpoint's hash, as far as they are known; or ""."""
    return next((it.short_hash for it in studio.checkpoints() if it.name == checkpoint), "")


def settings(studio: StudioLike, options: Options) -> dict[str, Any]:
    """GET options."""
    spec = next((each for each in studio.checkpoints() if each.name == options.checkpoint), None)
    return {
        "sd_model_checkpoint": title(spec) if spec else options.checkpoint,
        "sd_checkpoint_hash": spec.sha256 if spec else "",
        "sd_vae": options.vae,
        "CLIP_stop_at_last_layers": options.clip_skip,
        "samples_format": "png",
    }


def memory(studio: StudioLike) -> dict[str, Any]:
    """GET memory, in bytes."""
    state = studio.state()
    figures = {
        "free": state.memory_total - state.memory_used,
        "used": state.memory_used,
        "total": state.memory_total,
    }
    on_gpu = state.device.startswith("CUDA")
    unknown = {"error": "not the device that paints"}
    return {"ram": unknown if on_gpu else figures, "cuda": figures if on_gpu else unknown}
