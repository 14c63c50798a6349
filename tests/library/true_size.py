"""True-size checkpoints with random weights: loaded as by diffusers, at what cost.

Run by hand, `python -m tests.library.true_size FOLDER [NAME ...]`; it writes 4.2 GB to the folder
for one model at a time and takes minutes. Each model is made as a diffusers folder, written as a
single file, loaded from both, and its noise prediction compared bit for bit in fp32 with that of
diffusers' own loaders. It prints seconds, and memory against the sum of the weights.
"""

from __future__ import annotations

import argparse
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import nn

from backend.library.configs import SHIPPED, configs_of_folder
from backend.library.convert import convert
from backend.library.convert.folder import write_parts
from backend.library.loading import LoadedModel, load_checkpoint, load_vae
from backend.library.model_cache import give_back_memory
from backend.library.modules import make_text_encoder, make_unet, make_vae
from backend.library.telling import tell
from backend.library.tokenizer import CLIP, read_tokenizer
from backend.models import Family, Kind, ModelSpec

MODELS: dict[str, tuple[Family, Kind, int]] = {
    "sd15": ("sd1", "base", 4),
    "sd15-inpainting": ("sd1", "inpaint", 9),
    "sd2": ("sd2", "base", 4),
    "sd2-depth": ("sd2", "depth", 5),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=list(MODELS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.names:
        place = options.folder / name
        place.mkdir(parents=True)
        try:
            check(name, place)
        finally:
            shutil.rmtree(place)


def check(name: str, place: Path) -> None:
    make_folder(place / "folder", *MODELS[name])
    single = place / "single.safetensors"
    _, seconds = timed(lambda: convert(place / "folder", single))
    print(f"{name}: converted to a single file in {seconds:.1f} s")
    compare(name, place)
    measure(name, single)


def make_folder(path: Path, family: Family, kind: Kind, channels: int) -> None:
    """A folder of the family's true size in fp16; weights repeat one block of random numbers."""
    configs = configs_of_folder(SHIPPED / family)
    configs = replace(configs, unet={**configs.unet, "in_channels": channels})
    spec = ModelSpec(
        name=path.name, path=path, family=family, kind=kind, prediction="epsilon", native_size=512
    )
    model = LoadedModel(
        spec=spec,
        unet=randomised(make_unet(configs.unet)),
        vae=randomised(make_vae(configs.vae)),
        text_encoder=randomised(make_text_encoder(configs.text_encoder)),
        tokenizer=read_tokenizer(CLIP, configs.pad_token),
        scheduler_config=configs.scheduler,
        prediction="epsilon",
    )
    write_parts(model, configs, path)


def randomised(module: Any) -> Any:
    noise = torch.randn(3_000_017, generator=torch.Generator().manual_seed(0)).half() * 0.02
    weights: dict[str, torch.Tensor] = {}
    for name, parameter in module.state_dict().items():
        count = parameter.numel()
        start = sum(map(ord, name)) % 1000  # so that two tensors of one shape differ
        repeated = noise.repeat(-(-(count + start) // len(noise)))
        weights[name] = repeated[start : start + count].reshape(parameter.shape).clone()
    module.load_state_dict(weights, assign=True)
    return module


def compare(name: str, place: Path) -> None:
    """The noise predicted by both layouts' loads and by diffusers' own loads of both."""
    folder, single = place / "folder", place / "single.safetensors"
    settings: dict[str, Any] = {"torch_dtype": torch.float32, "local_files_only": True}
    loads: dict[str, Callable[[], nn.Module]] = {
        "folder": lambda: load_checkpoint(tell(folder).spec, dtype=torch.float32).unet,
        "single": lambda: load_checkpoint(tell(single).spec, dtype=torch.float32).unet,
        "diffusers folder": lambda: UNet2DConditionModel.from_pretrained(
            folder, subfolder="unet", **settings
        ),
        "diffusers single": lambda: UNet2DConditionModel.from_single_file(
            str(single), config=str(folder), subfolder="unet", **settings
        ),
    }
    noises = {}
    for label, load in loads.items():
        noises[label] = predict(load())
        give_back_memory()
    first = noises["folder"]
    equal = {label: torch.equal(first, noise) for label, noise in noises.items()}
    print(f"{name}: noise of deviation {first.std():.4f}, bit-equal: {equal}")
    assert all(equal.values())


def predict(unet: Any) -> torch.Tensor:
    draw = torch.Generator().manual_seed(1)
    config = unet.config
    latent = torch.randn(1, config["in_channels"], 16, 16, generator=draw)
    text = torch.randn(1, 77, config["cross_attention_dim"], generator=draw)
    with torch.inference_mode():
        return unet(latent, torch.tensor(500), text).sample


def measure(name: str, single: Path) -> None:
    """Seconds and peak memory of a load, with the file in the system's cache."""
    reads = [timed(single.read_bytes)[1] for _ in range(3)]
    read, config = min(reads), configs_of_folder(SHIPPED / MODELS[name][0]).vae
    for dtype in (None, torch.bfloat16, torch.float32):
        loads, peaks = zip(*(load_once(single, dtype) for _ in range(3)), strict=True)
        vae = min(timed(partial(load_vae, single, config, dtype=dtype))[1] for _ in range(3))
        load = min(loads)
        print(
            f"{name} as {dtype}: plain read {read:.2f} s, load {load:.2f} s ({load / read:.2f} of "
            f"a read), VAE alone {vae:.2f} s ({vae / load:.2f} of a load), peak memory "
            f"{max(peaks):.2f} of the weights"
        )


def load_once(single: Path, dtype: torch.dtype | None) -> tuple[float, float]:
    """Seconds of a load, and its peak memory as a share of the weights that are loaded."""
    give_back_memory()
    with Peak() as peak:
        model, seconds = timed(lambda: load_checkpoint(tell(single).spec, dtype=dtype))
    return seconds, peak.bytes / model.size


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


class Peak:
    """The largest growth of this process's resident memory inside a `with`."""

    def __enter__(self) -> Peak:
        self._start, self.bytes, self._over = resident(), 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            self.bytes = max(self.bytes, resident() - self._start)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
