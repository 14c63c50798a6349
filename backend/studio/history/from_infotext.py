"""A request from the infotext of a picture that holds nothing more."""

from __future__ import annotations

import dataclasses
from typing import Any

from backend.request import MAX_SIDE, SIZE_MULTIPLE, GenerationRequest, ModelChoice
from backend.studio.picture_settings import read_settings

_FIELDS = {field.name for field in dataclasses.fields(GenerationRequest)}


def request_from_infotext(
    infotext: str, *, seed: int, width: int, height: int
) -> GenerationRequest:
    """What the infotext says, as text to image; what cannot be painted with gets its default.

    `seed`, `width` and `height` (pixels) are the file's own, for where the infotext is silent.
    """
    told = read_settings(infotext)
    size = {"width": width, "height": height} if _paintable(width, height) else {}
    known: dict[str, Any] = {"seed": seed} | size
    known |= {name: value for name, value in told.values.items() if name in _FIELDS}
    model = ModelChoice(checkpoint=told.checkpoint.name, vae=told.vae.name or "Automatic")
    return GenerationRequest(**known, model=model)


def _paintable(*sides: int) -> bool:
    return all(64 <= side <= MAX_SIDE and side % SIZE_MULTIPLE == 0 for side in sides)
