"""What goes wrong, as JSON: `{"error": kind, "field": name or "", "detail": one sentence}`.

The status says whose turn it is: 4xx, the request has to change; 5xx, the machine or the program.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from backend.errors import AtelierError, InvalidRequest
from backend.events import Failed

_STATUS = {
    "InvalidRequest": 422,
    "BadPicture": 422,
    "ModelError": 422,  # another checkpoint, VAE or adapter has to be asked for
    "OutOfMemory": 422,  # a smaller size has to be asked for
    "Gone": 410,
    "StorageError": 507,
}
_PROGRAM = 500


class ErrorBody(BaseModel):
    """The answer to what cannot be done."""

    error: str
    field: str
    detail: str


# For the OpenAPI page.
RESPONSES: dict[int | str, dict[str, Any]] = {
    401: {"description": "A name and a password are needed (--api-auth)"},
    403: {"description": "Sent by another site, or under a name that is not ours"},
    422: {"model": ErrorBody, "description": "The request has to change; the detail says how"},
    500: {"model": ErrorBody, "description": "Something is wrong with the program or the machine"},
}


class JobFailed(AtelierError):
    """A job ended with an error of its own."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.error)
        self.kind = failed.kind or "ProgramError"
        self.field = failed.field


class Gone(AtelierError):
    """The Studio no longer knows a job."""


def add_error_answers(app: FastAPI) -> None:
    """Let an application answer our errors, and bodies of a wrong shape, in this form."""
    app.add_exception_handler(AtelierError, _answer)
    app.add_exception_handler(RequestValidationError, _answer_wrong_shape)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    kind = error.kind if isinstance(error, JobFailed) else type(error).__name__
    field = error.field if isinstance(error, InvalidRequest | JobFailed) else ""
    content = {"error": kind, "field": field, "detail": str(error)}
    return JSONResponse(content, status_code=_STATUS.get(kind, _PROGRAM))


async def _answer_wrong_shape(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = [str(part) for part in first["loc"] if part != "body"]
    field = ".".join(where)
    about = f"“{field}”: {first['msg']}" if field else str(first["msg"])
    content = {"error": "InvalidRequest", "field": field, "detail": f"{about}."}
    return JSONResponse(content, status_code=422)
