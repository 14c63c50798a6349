"""A picture between two steps, whole: what it takes to go on with it and get the same pixels.

That is the latent, what the scheduler remembers of earlier steps, and the source of chance. It is
kept as a safetensors file, tensors and a text of JSON beside them, which can execute nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from backend.engine.samplers import Scheduler

_HEADER_LENGTH = 8  # bytes before safetensors' own header, which say how long that is


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Where the denoising loop stands after a step."""

    # how many looks at the noise predictor are done
    evaluations: int
    # (1, 4, height / 8, width / 8), as the next look takes it
    latent: torch.Tensor
    # what of the scheduler has changed since its steps were laid out, by attribute
    scheduler: Mapping[str, Any]
    # the state of the generator that noise is drawn from, uint8
    source: torch.Tensor

    def put_back(self, scheduler: Scheduler, source: torch.Generator) -> None:
        """Bring a scheduler with the same steps laid out, and a source of chance, to here."""
        for name, value in self.scheduler.items():
            setattr(scheduler, name, list(value) if isinstance(value, list) else value)
        source.set_state(self.source)


def changed_since(scheduler: Scheduler, laid_out: Mapping[str, Any]) -> dict[str, Any]:
    """What a scheduler remembers, given its `vars` as they were before the first step.

    Lists are taken in any case, because schedulers change them in place.
    """
    return {
        name: list(value) if isinstance(value, list) else value
        for name, value in vars(scheduler).items()
        if isinstance(value, list) or value is not laid_out.get(name, ...)
    }


def pack(moment: Moment, picture: str) -> bytes:
    """The moment as the content of a safetensors file, a few hundred kilobytes at 512 pixels.

    `picture` says in any words of which picture it is, with all that decides its pixels.
    """
    tensors: dict[str, torch.Tensor] = {}
    state = {
        "picture": picture,
        "made_on": _made_on(moment.latent.device, moment.latent.dtype),
        "evaluations": moment.evaluations,
        "latent": _described(moment.latent, tensors),
        "scheduler": {name: _described(it, tensors) for name, it in moment.scheduler.items()},
        "source": _described(moment.source, tensors),
    }
    return save(tensors, metadata={"state": json.dumps(state)})


def unpack(content: bytes, picture: str, device: torch.device, dtype: torch.dtype) -> Moment:
    """What `pack` made of the same picture, with its tensors back on the device.

    Raises `ValueError` where it is something else, or of another device or number format, since
    those compute other last digits.
    """
    try:
        tensors = load(content)
        state = json.loads(_metadata(content)["state"])
        if state["picture"] != picture:
            raise ValueError("it was kept of another picture")
        if state["made_on"] != _made_on(device, dtype):
            raise ValueError("it was kept on another device or in another number format")
        return Moment(
            evaluations=int(state["evaluations"]),
            latent=_restored(state["latent"], tensors, device),
            scheduler={
                name: _restored(it, tensors, device) for name, it in state["scheduler"].items()
            },
            source=_restored(state["source"], tensors, device),
        )
    except (SafetensorError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise ValueError("this is not a kept step of a picture") from error


def _made_on(device: torch.device, dtype: torch.dtype) -> list[str]:
    return [device.type, str(dtype), torch.__version__]


def _metadata(content: bytes) -> dict[str, str]:
    length = int.from_bytes(content[:_HEADER_LENGTH], "little")
    return json.loads(content[_HEADER_LENGTH : _HEADER_LENGTH + length])["__metadata__"]


def _described(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """A value as JSON, its tensors put aside under a number.

    Strides are kept: a network may compute the last digits otherwise for another memory layout.
    """
    if isinstance(value, torch.Tensor):
        number = str(len(tensors))
        tensors[number] = value.detach().to("cpu").contiguous().clone()
        return {"tensor": number, "strides": value.stride(), "host": value.device.type == "cpu"}
    if isinstance(value, list):
        return [_described(each, tensors) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    raise TypeError(f"a scheduler keeps a {type(value).__name__}, which is not known here")


def _restored(value: Any, tensors: Mapping[str, torch.Tensor], device: torch.device) -> Any:
    if isinstance(value, list):
        return [_restored(each, tensors, device) for each in value]
    if not isinstance(value, dict):
        return value
    kept = tensors[value["tensor"]]
    laid_out = torch.empty_strided(kept.shape, value["strides"], dtype=kept.dtype).copy_(kept)
    return laid_out if value["host"] else laid_out.to(device)
