"""Which task a checkpoint can do, told from what its noise predictor takes in."""

from __future__ import annotations

from backend.engine.components import Components
from backend.errors import InvalidRequest
from backend.models import Kind
from backend.tasks import DepthToImage, Inpaint, Task

_MADE_FOR = {
    "inpaint": "This checkpoint is made for inpainting alone; choose another one for this task.",
    "depth": "This checkpoint paints over a depth map alone; choose another one for this task.",
}
_NEEDS_DEPTH = (
    "Depth to image needs a checkpoint that takes a depth map, and this one does not; choose a "
    "depth checkpoint."
)


def kind_of(model: Components) -> Kind:
    """By the input channels beside the latent: none, mask and masked picture (5), or depth (1).

    Raises `InvalidRequest` for any other number.
    """
    beside = model.unet.config["in_channels"] - model.vae.config["latent_channels"]
    kinds: dict[int, Kind] = {0: "base", 5: "inpaint", 1: "depth"}
    if beside not in kinds:
        raise InvalidRequest(
            "model", "This checkpoint takes inputs that are not known here; choose another one."
        )
    return kinds[beside]


def check_kind(task: Task, model: Components) -> None:
    """Raises `InvalidRequest` with a sentence where the checkpoint cannot do the task."""
    kind = kind_of(model)
    if isinstance(task, DepthToImage):
        if kind != "depth":
            raise InvalidRequest("model", _NEEDS_DEPTH)
    elif kind != "base" and not (kind == "inpaint" and isinstance(task, Inpaint)):
        raise InvalidRequest("model", _MADE_FOR[kind])
