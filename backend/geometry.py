"""Pure arithmetic on sizes and steps; all sizes are (width, height) in pixels."""

from __future__ import annotations

from dataclasses import dataclass

from backend.request import MAX_SIDE, SIZE_MULTIPLE, GenerationRequest
from backend.tasks import TextToImage

LATENT_FACTOR = 8
ASPECTS = {"1:1": (1, 1), "3:2": (3, 2), "2:3": (2, 3), "16:9": (16, 9), "4:5": (4, 5)}


@dataclass(frozen=True, kw_only=True)
class Margins:
    """Pixels that are added to each side of a picture."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


def painted_size(width: int, height: int) -> tuple[int, int]:
    """The size that is painted for a size that is asked for: whole cells of the latent.

    What is over is cut off again.
    """
    across, down = latent_size(width, height)
    return across * LATENT_FACTOR, down * LATENT_FACTOR


def latent_size(width: int, height: int) -> tuple[int, int]:
    """Size of the latent of a picture, each side 8 times smaller, rounded up."""
    return -(-width // LATENT_FACTOR), -(-height // LATENT_FACTOR)


def size_for_aspect(aspect: str, native_size: int) -> tuple[int, int]:
    """A size of the given aspect with about the area of `native_size` squared.

    Keeping the area keeps the picture in the range of sizes that the model was trained on.
    """
    across, down = ASPECTS[aspect]
    scale = native_size / (across * down) ** 0.5
    return _nearest_multiple(across * scale), _nearest_multiple(down * scale)


def steps_run(steps: int, strength: float) -> int:
    """How many of `steps` are taken at a denoising strength (0 to 1) from a picture.

    The picture is noised to the level that the schedule has reached by the others. Rounded down,
    as in diffusers' `get_timesteps`: at low strengths it is 0, and the picture stays as it is.
    """
    return min(int(steps * strength), steps)


def steps_taken(request: GenerationRequest) -> int:
    """How many steps each picture of a request takes: all, unless it starts from a picture."""
    if isinstance(request.task, TextToImage):
        return request.steps
    return steps_run(request.steps, request.task.strength)


def _nearest_multiple(length: float) -> int:
    rounded = round(length / SIZE_MULTIPLE) * SIZE_MULTIPLE
    return max(64, min(MAX_SIDE, rounded))
