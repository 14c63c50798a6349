"""From the widgets' values to a queued job, or to a sentence about what is wrong with them."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from typing import Any

from backend.errors import AtelierError, InvalidRequest
from backend.request import GenerationRequest, ModelChoice
from backend.studio.views import StudioLike
from ui.requests import Values
from ui.stage import refused, submitted

logger = logging.getLogger(__name__)
ToRequest = Callable[[Values, ModelChoice], GenerationRequest]


def submit(
    studio: StudioLike, to_request: ToRequest, values: Values, model: ModelChoice, client: str
) -> dict[str, Any]:
    """Queue what the widgets say and return the canvas's new value; never raises."""
    try:
        return submitted(studio.submit(to_request(values, model), client))
    except AtelierError as error:
        field = error.field if isinstance(error, InvalidRequest) else ""
        return refused(str(error), field, time.monotonic_ns())
    except Exception:
        logger.exception("A request could not be queued")
        sentence = "Something went wrong inside Atelier; its terminal window says more."
        return refused(sentence, "", time.monotonic_ns())


def new_client() -> str:
    """A name for a browser that has none yet, by which the queue is kept fair."""
    return secrets.token_hex(8)
