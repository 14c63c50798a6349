"""Routes that make something of a kept picture for the painter: its depth map, a larger canvas."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from backend.errors import AtelierError, EngineStarting, StorageError
from backend.geometry import Margins
from backend.request import MAX_SIDE
from backend.studio.views import StudioLike
from backend.tasks import PictureRef
from ui.addresses import PREFIX


class KeptName(BaseModel):
    """A kept picture as the browser was told of it; it may send its note along."""

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    width: int = Field(ge=1, le=MAX_SIDE)
    height: int = Field(ge=1, le=MAX_SIDE)

    def ref(self) -> PictureRef:
        """The value that the Studio takes."""
        return PictureRef(sha256=self.sha256, width=self.width, height=self.height)


class Extension(BaseModel):
    """A kept picture, and by how many pixels each side is to be extended."""

    picture: KeptName
    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


def study_router(studio: StudioLike) -> APIRouter:
    """`POST /studies/depth` and `POST /studies/extended`; pictures are named, never sent."""
    router = APIRouter(prefix=f"{PREFIX}/studies", include_in_schema=False)

    @router.post("/depth")
    def depth(picture: KeptName) -> dict[str, Any]:
        try:
            study = studio.depth_map(picture.ref())
        except AtelierError as error:
            raise _refusal(error) from error
        return {**_named(study.depth), "estimator": study.estimator}

    @router.post("/extended")
    def extended(asked: Extension) -> dict[str, Any]:
        margins = Margins(**asked.model_dump(exclude={"picture"}))
        try:
            made = studio.extend(asked.picture.ref(), margins)
        except AtelierError as error:
            raise _refusal(error) from error
        return {"picture": _named(made.picture), "mask": _named(made.mask)}

    return router


def _named(ref: PictureRef) -> dict[str, Any]:
    return {"sha256": ref.sha256, "width": ref.width, "height": ref.height, "note": ""}


def _refusal(error: AtelierError) -> HTTPException:
    """503 where it helps to ask again once the engine is ready."""
    codes = {EngineStarting: 503, StorageError: 507}
    return HTTPException(codes.get(type(error), 422), str(error))
