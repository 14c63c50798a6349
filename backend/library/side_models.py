"""The two small networks beside a checkpoint: a depth estimator and a preview decoder.

Like all weights they are read into private memory: a mapped file that is truncated would end the
program.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
from diffusers import AutoencoderTiny
from transformers import DPTConfig, DPTForDepthEstimation

from backend.errors import ModelError
from backend.library.layouts.piece import Piece
from backend.library.small_files import read_json
from backend.library.telling import WEIGHT_NAMES
from backend.library.tensor_file import TensorFile, read_tensors
from backend.library.watch import Watch
from backend.library.weights import fill, plan


def load_depth_estimator(folder: Path) -> DPTForDepthEstimation:
    """A MiDaS of transformers' DPT architecture, from `config.json` and `model.safetensors`.

    In the file's number format, in evaluation mode. Raises `ModelError`.
    """
    tensors = read_tensors(folder / "model.safetensors")
    try:
        config = DPTConfig.from_dict(read_json(folder / "config.json"))
        # transformers itself, and no plan of ours: it knows the names that older files have.
        loaded: Any = DPTForDepthEstimation.from_pretrained(
            None, config=config, state_dict=tensors, output_loading_info=True
        )
    except ModelError:
        raise
    except Exception as error:  # a wrong value can fail anywhere inside the library
        raise ModelError(f"The depth estimator in {folder.name} cannot be loaded.") from error
    model, told = loaded
    missing = [*told["missing_keys"], *told.get("mismatched_keys", ())]
    if missing:
        raise ModelError(
            f"The depth estimator in {folder.name} lacks {len(missing)} of its tensors."
        )
    return model.requires_grad_(False).eval()


def load_preview_decoder(folder: Path, dtype: torch.dtype | None = None) -> AutoencoderTiny:
    """TAESD, from `config.json` and its weights as diffusers names them; raises `ModelError`."""
    config = read_json(folder / "config.json")
    plain = {name: value for name, value in config.items() if not name.startswith("_")}
    try:
        with torch.device("meta"):
            module: Any = AutoencoderTiny.from_config(plain)
    except Exception as error:  # a wrong value can fail anywhere inside the library
        raise ModelError("The configuration of the preview decoder is not understood.") from error
    with TensorFile(folder / WEIGHT_NAMES[0]) as file:
        planned = plan(module, file, lambda name: [Piece(name)], "preview decoder")
        return cast(AutoencoderTiny, fill(planned, Watch(), dtype))
