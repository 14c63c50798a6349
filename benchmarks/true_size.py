"""Checkpoints of the true sizes with random weights: to measure loading with, and to test it."""

from __future__ import annotations

import json
import os
import struct
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from backend.library.configs import SHIPPED, configs_of_folder
from backend.library.convert import convert
from backend.library.convert.folder import write_parts
from backend.library.loading import LoadedModel
from backend.library.modules import make_text_encoder, make_unet, make_vae
from backend.library.tokenizer import CLIP, read_tokenizer
from backend.models import Family, Kind, ModelSpec, Prediction


@dataclass(frozen=True)
class TrueSize:
    """What a published model is; `channels` go into its noise predictor."""

    family: Family
    kind: Kind
    channels: int
    prediction: Prediction = "epsilon"


TRUE_SIZES = {
    "sd15": TrueSize("sd1", "base", 4),
    "sd15-inpainting": TrueSize("sd1", "inpaint", 9),
    "sd2": TrueSize("sd2", "base", 4),
    "sd2-768-v": TrueSize("sd2", "base", 4, "v_prediction"),
    "sd2-depth": TrueSize("sd2", "depth", 5),
}


def make_folder(path: Path, size: TrueSize) -> Path:
    """A diffusers folder in fp16 of 2.1 GB (SD 1) or 2.6 GB (SD 2)."""
    configs = configs_of_folder(SHIPPED / size.family)
    configs = replace(configs, unet={**configs.unet, "in_channels": size.channels})
    spec = ModelSpec(
        name=path.name,
        path=path,
        family=size.family,
        kind=size.kind,
        prediction=size.prediction,
        native_size=512,
    )
    model = LoadedModel(
        spec=spec,
        unet=_randomised(make_unet(configs.unet)),
        vae=_randomised(make_vae(configs.vae)),
        text_encoder=_randomised(make_text_encoder(configs.text_encoder)),
        tokenizer=read_tokenizer(CLIP, configs.pad_token),
        scheduler_config=configs.scheduler,
        prediction=size.prediction,
    )
    write_parts(model, configs, path)
    return path


def make_single_file(folder: Path, path: Path) -> Path:
    """The folder's model as an artist has it: one file in the original layout, and no more.

    What the converter writes into the metadata is taken out again, so that the file has to be told
    from its tensors, and a prediction of v is said by a yaml beside it.
    """
    convert(folder, path)
    _remove_metadata(path)
    scheduler = json.loads((folder / "scheduler" / "scheduler_config.json").read_text("utf-8"))
    if scheduler["prediction_type"] == "v_prediction":
        path.with_suffix(".yaml").write_text("model:\n  params:\n    parameterization: v\n")
    return path


def _remove_metadata(path: Path) -> None:
    """In place: spaces fill up what the header loses."""
    with path.open("r+b") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        del header["__metadata__"]
        file.seek(8)
        file.write(json.dumps(header, separators=(",", ":")).encode().ljust(length))


def _randomised(module: Any) -> Any:
    """Weights of one block of random numbers over and over; two tensors of one shape differ."""
    noise = torch.randn(3_000_017, generator=torch.Generator().manual_seed(0)).half() * 0.02
    weights: dict[str, torch.Tensor] = {}
    for name, parameter in module.state_dict().items():
        count = parameter.numel()
        start = sum(map(ord, name)) % 1000
        repeated = noise.repeat(-(-(count + start) // len(noise)))
        weights[name] = repeated[start : start + count].reshape(parameter.shape).clone()
    module.load_state_dict(weights, assign=True)
    return module


class PeakMemory:
    """The largest growth in bytes of this process's own memory inside a `with`."""

    def __enter__(self) -> PeakMemory:
        self._start, self.bytes, self._over = _resident(), 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.005):
            self.bytes = max(self.bytes, _resident() - self._start)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
