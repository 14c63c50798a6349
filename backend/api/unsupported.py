"""What A1111's clients may send that this program does not do.

Such a field is accepted where it asks for nothing, at the default that A1111 or its clients give
it, and refused by its name otherwise, also inside scripts and settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backend.errors import InvalidRequest

_NOTHING: tuple[object, ...] = (None, "", 0, False)
# Defaults that are not "nothing" and yet ask for nothing.
_DEFAULTS: Mapping[str, tuple[object, ...]] = {
    "seed_resize_from_h": (-1,),
    "seed_resize_from_w": (-1,),
    "eta": (1,),
    "s_noise": (1,),
    "s_tmax": ("Infinity",),
    "initial_noise_multiplier": (1,),
    "image_cfg_scale": (1.5,),
}
# What a script of this name is sent when it is to do nothing (webuiapi does so).
_IDLE_SCRIPT_KEYS = ("args",)
# Fields that only mean something beside another one, which is refused where it is set; and those
# that say how A1111 keeps files, where this program always keeps every picture.
_BESIDE = (
    "hr_", "firstphase_", "refiner_switch_at", "subseed", "override_settings_restore_afterwards",
    "do_not_save_", "force_task_id", "script_args",
)  # fmt: skip
_NOT_BESIDE = ("subseed_strength",)
# A1111's settings at the values that mean what this program does anyway.
_SETTINGS: Mapping[str, tuple[object, ...]] = {
    "samples_format": ("png",),
    "samples_save": (True, False),
    "save_images_add_number": (True, False),
    "enable_pnginfo": (True,),
    "return_grid": (True, False),
    "grid_save": (True, False),
    "do_not_show_images": (True, False),
    "randn_source": ("CPU", "GPU"),
    "sd_vae_as_default": (True, False),
    "emphasis": ("Original",),
    "comma_padding_backtrack": (20,),
    "live_previews_enable": (True, False),
    "show_progress_every_n_steps": tuple(range(-1, 151)),
    "inpainting_mask_weight": (1,),
    "initial_noise_multiplier": (1,),
    "img2img_background_color": ("#ffffff",),
}
# Settings that GET options tells and that clients send back with the one they change.
_TOLD = ("sd_checkpoint_hash",)


def refuse_fields(fields: Mapping[str, Any]) -> None:
    """Raises `InvalidRequest` naming the first field that asks for something not done here."""
    for name, value in fields.items():
        beside = name.startswith(_BESIDE) and name not in _NOT_BESIDE
        if not beside and not _at(value, _DEFAULTS.get(name, ())):
            path = next(_asking(name, value), name)[:120]
            raise InvalidRequest(
                path, f"“{path}” is not supported; leave it out or at its default."
            )


def refuse_setting(name: str, value: Any) -> None:
    """Raises `InvalidRequest` for a setting of A1111's that would change something here."""
    fine = value in _SETTINGS[name] if name in _SETTINGS else _at(value, ())
    if not fine and name not in _TOLD:
        raise InvalidRequest(name[:80], f"The setting “{name[:80]}” is not supported here.")


def _at(value: Any, defaults: tuple[object, ...]) -> bool:
    return value in defaults or next(_asking("", value), None) is None


def _asking(path: str, value: Any) -> Iterator[str]:
    """The names, with dots, of all inner values that ask for something."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            below = path if name in _IDLE_SCRIPT_KEYS else f"{path}.{name}"
            yield from _asking(below, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _asking(path, inner)
    elif value not in _NOTHING:
        yield path
