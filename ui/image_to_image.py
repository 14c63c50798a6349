"""The Image to image tab: paint over a picture of one's own."""

from __future__ import annotations

from backend.request import GenerationRequest, ModelChoice
from backend.studio.views import StudioLike
from backend.tasks import ImageToImage
from ui.model_bar import ModelBar
from ui.picture_tab import build_picture_tab
from ui.requests import Values, build_request, picture_of
from ui.task_tab import TaskTab

TASK = "image-to-image"
NO_PICTURE = "Load, paste or draw a picture to start from, then press Generate."


def to_request(values: Values, model: ModelChoice) -> GenerationRequest:
    """The request that the widgets' values stand for; raises `InvalidRequest`."""
    task = ImageToImage(
        picture=picture_of(values, "picture", NO_PICTURE),
        strength=values["strength"],
        resize=values["resize"],
    )
    return build_request(values, model, task)


def build_image_to_image(studio: StudioLike, bar: ModelBar) -> TaskTab:
    """The tab's content; `connect` of `ui.task_tab` brings it to life."""
    return build_picture_tab(
        studio,
        bar,
        task=TASK,
        kind="sketch",
        own_controls=dict,
        to_request=to_request,
        strength=0.6,
    )
