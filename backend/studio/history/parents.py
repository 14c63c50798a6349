"""Which picture another one was made from: the one whose pixels its input picture has."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import Protocol

import numpy as np
from PIL import Image

from backend.errors import AtelierError
from backend.request import GenerationRequest
from backend.studio.history.chunk import pixels_hash
from backend.studio.history.database import Database
from backend.tasks import PictureRef, TextToImage

log = logging.getLogger(__name__)

KEPT = 64  # inputs whose pixels are known; an artist works over a few at a time


class Inputs(Protocol):
    """The kept input pictures; see `studio.inputs.InputPictures`."""

    def open(self, ref: PictureRef) -> Image.Image: ...


class Parents:
    """Looks inputs up by their pixels, whichever way they came in: sent, uploaded or dropped."""

    def __init__(self, database: Database, inputs: Inputs) -> None:
        self._database = database
        self._inputs = inputs
        self._pixels: OrderedDict[str, str] = OrderedDict()  # sha256 of the input -> of its pixels

    def parent_of(self, request: GenerationRequest) -> str | None:
        """The newest picture with the input's pixels, by name; None where there is none."""
        if isinstance(request.task, TextToImage):
            return None
        try:
            pixels = self._pixels_of(request.task.picture)
            found = self._database.rows(
                "SELECT name FROM pictures WHERE pixels = ? ORDER BY id DESC LIMIT 1", pixels
            )
        except AtelierError as error:
            log.warning("what a picture was made from is not known: %s", error)
            return None
        return found[0]["name"] if found else None

    def _pixels_of(self, ref: PictureRef) -> str:
        if ref.sha256 not in self._pixels:
            picture = self._inputs.open(ref)
            self._pixels[ref.sha256] = pixels_hash(np.asarray(picture.convert("RGB")))
            if len(self._pixels) > KEPT:
                self._pixels.popitem(last=False)
        return self._pixels[ref.sha256]
