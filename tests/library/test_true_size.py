"""Models of the published sizes: told, loaded from both layouts, and the same as by diffusers.

Each needs 5 GB of disk, 8 GB of memory and minutes: `pytest -m long tests/library`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel

from backend.library.loading import load_checkpoint
from backend.library.model_cache import give_back_memory
from backend.library.telling import tell
from benchmarks.true_size import TRUE_SIZES, TrueSize, make_folder, make_single_file

pytestmark = pytest.mark.long
FLOAT = {"torch_dtype": torch.float32, "local_files_only": True}


@pytest.fixture(params=TRUE_SIZES)
def made(request: Any, tmp_path: Path) -> Iterator[tuple[TrueSize, Path, Path]]:
    size = TRUE_SIZES[request.param]
    folder = make_folder(tmp_path / "folder", size)
    give_back_memory()
    yield size, folder, make_single_file(folder, tmp_path / "single.safetensors")
    shutil.rmtree(tmp_path)


def test_both_layouts_predict_what_diffusers_loads_of_them_predict(made):
    size, folder, single = made
    for path in (folder, single):
        spec = tell(path).spec
        assert (spec.family, spec.kind, spec.prediction) == (
            size.family, size.kind, size.prediction,
        )  # fmt: skip
    loads: dict[str, Callable[[], Any]] = {
        "folder": lambda: load_checkpoint(tell(folder).spec, dtype=torch.float32).unet,
        "single file": lambda: load_checkpoint(tell(single).spec, dtype=torch.float32).unet,
        "diffusers' folder": lambda: UNet2DConditionModel.from_pretrained(
            folder, subfolder="unet", **FLOAT
        ),
        "diffusers' single file": lambda: UNet2DConditionModel.from_single_file(
            str(single), config=str(folder), subfolder="unet", **FLOAT
        ),
    }
    noises = {name: predict(load) for name, load in loads.items()}
    assert noises["folder"].std() > 0
    assert noises["folder"].isfinite().all()
    for name, noise in noises.items():
        assert torch.equal(noise, noises["folder"]), name


def predict(load: Callable[[], Any]) -> torch.Tensor:
    """The noise in a fixed latent, at a fixed text; the network is dropped afterwards."""
    give_back_memory()
    unet = load()
    draw = torch.Generator().manual_seed(1)
    latent = torch.randn(1, unet.config["in_channels"], 16, 16, generator=draw)
    text = torch.randn(1, 77, unet.config["cross_attention_dim"], generator=draw)
    with torch.inference_mode():
        return unet(latent, torch.tensor(500), text).sample
