"""The Depth to image tab: repaint a picture with its geometry kept."""

from __future__ import annotations

from backend.request import GenerationRequest, ModelChoice
from backend.studio.views import StudioLike
from backend.tasks import DepthToImage
from ui.model_bar import ModelBar
from ui.picture_tab import build_picture_tab
from ui.requests import Values, build_request, picture_of
from ui.task_tab import TaskTab

TASK = "depth-to-image"
NO_PICTURE = "Load a picture whose shapes are to be kept, then press Generate."


def to_request(values: Values, model: ModelChoice) -> GenerationRequest:
    """The request that the widgets' values stand for; raises `InvalidRequest`.

    Without a depth map the engine estimates it, exactly as it was shown.
    """
    handed = values.get("input")
    given = isinstance(handed, dict) and handed.get("depth") is not None
    task = DepthToImage(
        picture=picture_of(values, "picture", NO_PICTURE),
        depth=picture_of(values, "depth", NO_PICTURE) if given else None,
        strength=values["strength"],
        resize=values["resize"],
    )
    return build_request(values, model, task)


def build_depth_to_image(studio: StudioLike, bar: ModelBar) -> TaskTab:
    """The tab's content; `connect` of `ui.task_tab` brings it to life."""
    return build_picture_tab(
        studio, bar, task=TASK, kind="depth", own_controls=dict, to_request=to_request, strength=1.0
    )
