"""The API described in the browser, at /docs: FastAPI's own page is fetched from another site."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

PAGE = Path(__file__).with_name("docs.html")


def docs_router() -> APIRouter:
    """`/docs`, which draws `/openapi.json`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    def docs() -> FileResponse:
        return FileResponse(PAGE, media_type="text/html")

    return router
