"""The part of the Studio's door that shows what a picture gives before it is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from backend.geometry import Margins
from backend.request import GenerationRequest
from backend.tasks import PictureRef


@dataclass(frozen=True, kw_only=True)
class DepthStudy:
    """A picture's estimated depth, kept as a grey picture, and which estimator saw it."""

    depth: PictureRef
    estimator: str


@dataclass(frozen=True, kw_only=True)
class Extended:
    """A picture on a larger canvas, and the mask of what is new there and of its seam."""

    picture: PictureRef
    mask: PictureRef


class StudiesLike(Protocol):
    """Safe to call from any thread. It takes a moment, and never waits for a picture in progress.

    Raises `AtelierError` with a sentence; `EngineStarting` while the engine warms up.
    """

    def depth_map(self, picture: PictureRef) -> DepthStudy:
        """Estimate a kept picture's depth: white near, of the same size."""
        ...

    def strength_preview(self, request: GenerationRequest) -> bytes:
        """What of the request's picture survives the noise at its strength: a JPEG.

        The request's task is `ImageToImage`; nothing is painted or queued.
        """
        ...

    def extend(self, picture: PictureRef, margins: Margins) -> Extended:
        """A kept picture on a larger canvas with the mask of what is new, for outpainting."""
        ...
