"""Textual inversions inside a PNG, as A1111 writes them to be passed around as pictures.

The values are JSON, either base64 in the text chunk `sd-ti-embedding`, or compressed into the low
four bits of two strips of pixels, left (low halves of the bytes) and right (high halves) of the
picture and parted from it by black columns, with a fixed random pattern over them
(AUTOMATIC1111/stable-diffusion-webui, modules/textual_inversion/image_embedding.py).
"""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from backend.errors import ModelError
from backend.library.tensor_file import Tensors

TEXT_KEY = "sd-ti-embedding"
MAX_PIXELS = 4096 * 4096
MAX_JSON_BYTES = 16_000_000
MAX_STRIP_VALUES = 2_000_000
_TENSOR_KEY = "TORCHTENSOR"


def read_picture(path: Path) -> Tensors:
    """The tensors inside a PNG, named like those of the same thing in a pickle.

    Raises `ModelError` where there are none.
    """
    try:
        with Image.open(path, formats=("PNG",)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ModelError(f"“{path.name}” is too large a picture.")
            text = image.text.get(TEXT_KEY)  # type: ignore[attr-defined]
            raw = base64.b64decode(text) if text else _from_pixels(np.asarray(image.convert("RGB")))
        value = json.loads(raw)
        parameters = value["string_to_param"]
        return {f"string_to_param/{name}": _tensor(each) for name, each in parameters.items()}
    except ModelError:
        raise
    except Exception as error:  # a picture can be broken in any of three decoders
        raise ModelError(f"“{path.name}” is a picture without a textual inversion.") from error


def _tensor(value: Any) -> torch.Tensor:
    return torch.from_numpy(np.asarray(value[_TENSOR_KEY], dtype=np.float32))


def _from_pixels(pixels: np.ndarray) -> bytes:
    """The JSON in the strips; `pixels` is uint8 of shape (height, width, 3)."""
    low_bits = _without_black_edges(pixels) & 0x0F
    (black,) = np.nonzero(low_bits.sum(axis=(0, 2)) == 0)
    left, right = low_bits[:, : black[0]], low_bits[:, black[-1] + 1 :]
    data = _unpatterned(left) | (_unpatterned(right) << 4)
    return zlib.decompressobj().decompress(data.tobytes(), MAX_JSON_BYTES)


def _without_black_edges(pixels: np.ndarray) -> np.ndarray:
    """A pixel counts as black here as soon as one of its colours is 0, as where it was written."""
    bright: np.ndarray = pixels.min(axis=2) > 0
    rows, columns = np.nonzero(bright.any(axis=1))[0], np.nonzero(bright.any(axis=0))[0]
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _unpatterned(strip: np.ndarray) -> np.ndarray:
    if strip.size > MAX_STRIP_VALUES:
        raise ValueError("no textual inversion is so large")
    return strip ^ (pattern(strip.size).reshape(strip.shape) & 0x0F)


def pattern(count: int) -> np.ndarray:
    """The first values of the generator that the pattern is drawn from (Numerical Recipes' LCG)."""
    values, seed = np.empty(count, np.uint8), 0
    for index in range(count):
        seed = (1664525 * seed + 1013904223) % 2**32
        values[index] = seed % 255
    return values
