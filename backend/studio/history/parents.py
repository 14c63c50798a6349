"""Which picture another one was made from: the one whose pixels its input picture has."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np
from PIL import Image

from backend.errors import AtelierError
from backend.request import GenerationRequest
from backend.studio.history.chunk import pixels_hash
from backend.studio.history.database import Database
from backend.studio.inputs import MADE_FROM_KEY
from backend.tasks import PictureRef, TextToImage

log = logging.getLogger(__name__)

KEPT = 64  # inputs whose pixels are known; an artist works over a few at a time
MAX_CHANGES = 8  # one after another


class Inputs(Protocol):
    """The kept input pictures; see `studio.inputs.InputPictures`."""

    def open(self, ref: PictureRef) -> Image.Image: ...


class Parents:
    """Looks inputs up by their pixels, whichever way they came in: sent, uploaded or dropped."""

    def __init__(self, database: Database, inputs: Inputs) -> None:
        self._database = database
        self._inputs = inputs
        self._pixels: OrderedDict[str, list[str]] = OrderedDict()  # by an input's sha256

    def parent_of(self, request: GenerationRequest) -> str | None:
        """The newest picture with the input's pixels, by name; None where there is none.

        Where the input is itself a change of a kept picture (extended, say), that one's pixels.
        """
        if isinstance(request.task, TextToImage):
            return None
        try:
            names = (self._picture_with(each) for each in self._pixels_of(request.task.picture))
            return next((name for name in names if name), None)
        except AtelierError as error:
            log.warning("what a picture was made from is not known: %s", error)
            return None

    def _picture_with(self, pixels: str) -> str | None:
        found = self._database.rows(
            "SELECT name FROM pictures WHERE pixels = ? ORDER BY id DESC LIMIT 1", pixels
        )
        return found[0]["name"] if found else None

    def _pixels_of(self, ref: PictureRef) -> list[str]:
        """The hash of the input's pixels, then of what it was made from."""
        if ref.sha256 not in self._pixels:
            self._pixels[ref.sha256] = list(self._hashes(ref))
            if len(self._pixels) > KEPT:
                self._pixels.popitem(last=False)
        return self._pixels[ref.sha256]

    def _hashes(self, ref: PictureRef) -> Iterator[str]:
        for _ in range(MAX_CHANGES):
            picture = self._inputs.open(ref)
            yield pixels_hash(np.asarray(picture.convert("RGB")))
            made_from = picture.info.get(MADE_FROM_KEY)
            if made_from is None:
                return
            ref = replace(ref, sha256=made_from)
