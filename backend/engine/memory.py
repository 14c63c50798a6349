"""Whether a picture fits beside the model, told before a step is taken; and where it did not.

On a CPU nothing says "out of memory" in time: the system ends the whole program instead. So what a
picture needs is estimated and compared with what is free.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from backend.engine.components import Components
from backend.engine.device import memory
from backend.errors import OutOfMemory

# Decoding needs the most: its last level holds several tensors of the picture's own size at once.
LIVE_TENSORS = 6
KEPT_FREE = 512 * 1024**2  # bytes for everything else on the machine


def decode_bytes(components: Components, width: int, height: int) -> int:
    """Estimated bytes of activations while a picture of that size is decoded."""
    channels = components.vae.config["block_out_channels"]
    # The first layer of the decoder's last level still has the channels of the level before.
    widest = channels[min(1, len(channels) - 1)]
    return LIVE_TENSORS * widest * width * height * components.dtype.itemsize


def check_fits(components: Components, width: int, height: int) -> None:
    """Raises `OutOfMemory` with a sentence where the picture would not fit into what is free."""
    used, total = memory(components.device)
    needed, free = decode_bytes(components, width, height), total - used - KEPT_FREE
    if needed > free:
        raise OutOfMemory(
            f"A picture of {width} x {height} pixels needs about {needed / 1e9:.1f} GB and "
            f"{max(free, 0) / 1e9:.1f} GB are free; choose a smaller size."
        )


@contextmanager
def memory_errors(short: str) -> Iterator[None]:
    """Raises `OutOfMemory` for each of the ways in which torch says that memory is short.

    `short` goes on after "There is not enough memory", without the full stop.
    """
    try:
        yield
    except (torch.OutOfMemoryError, RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
        raise OutOfMemory(f"There is not enough memory {short}.") from error


def _is_out_of_memory(error: BaseException) -> bool:
    words = str(error).lower()
    return (
        isinstance(error, torch.OutOfMemoryError | MemoryError)
        or "out of memory" in words
        or "can't allocate memory" in words
        or "not enough memory" in words
    )
