"""From widgets' values to a request: what all task tabs have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.errors import InvalidRequest
from backend.request import GenerationRequest, ModelChoice, resolve_seed, validate
from backend.tasks import PictureRef, Task

Values = Mapping[str, Any]


def build_request(values: Values, model: ModelChoice, task: Task) -> GenerationRequest:
    """The request that the shared widgets' values and a task stand for, checked.

    `values` are as the browser sent them, by field name. Raises `InvalidRequest`. An empty seed
    means a random one, as -1 does.
    """
    seed = whole(values["seed"])
    return validate(
        GenerationRequest(
            prompt=values["prompt"],
            negative_prompt=values["negative_prompt"],
            width=whole(values["width"]),
            height=whole(values["height"]),
            steps=whole(values["steps"]),
            cfg_scale=values["cfg_scale"],
            sampler=values["sampler"],
            schedule=values["schedule"],
            seed=resolve_seed(-1) if seed in (None, -1) else seed,
            batch_size=whole(values["batch_size"]),
            clip_skip=whole(values["clip_skip"]),
            preview=values["preview"],
            model=model,
            task=task,
        )
    )


def whole(value: Any) -> Any:
    """A number field's value as an int where it is one; anything else is left for `validate`."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def picture_of(values: Values, name: str, missing: str) -> PictureRef:
    """The kept picture called `name` ("picture" or "mask") of what the painter handed over.

    Raises `InvalidRequest`: with the painter's own sentence where it could not hand over, with
    `missing` where there is nothing.
    """
    handed = values.get("input")
    handed = handed if isinstance(handed, dict) else {}
    if isinstance(handed.get("error"), str):
        raise InvalidRequest("input", handed["error"])
    try:
        ref = handed[name]
        return PictureRef(
            sha256=str(ref["sha256"]), width=int(ref["width"]), height=int(ref["height"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidRequest("input", missing) from error
