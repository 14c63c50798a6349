"""A kept picture brought onto a larger canvas, for outpainting."""

from __future__ import annotations

import numpy as np
from PIL import Image

from backend.engine.outpaint import extended
from backend.errors import InvalidRequest
from backend.geometry import Margins
from backend.request import MAX_SIDE
from backend.studio.inputs import InputPictures
from backend.studio.picture_inputs import flat
from backend.studio.study_protocol import Extended
from backend.tasks import PictureRef


def extend(pictures: InputPictures, picture: PictureRef, margins: Margins) -> Extended:
    """See `study_protocol.StudiesLike`; raises `InvalidRequest`, `BadPicture`, `StorageError`."""
    _check(picture, margins)
    whole, mask = extended(np.asarray(flat(pictures.open(picture))), margins)
    return Extended(
        picture=pictures.keep_picture(Image.fromarray(whole), made_from=picture),
        mask=pictures.keep_picture(Image.fromarray(mask)),
    )


def _check(picture: PictureRef, margins: Margins) -> None:
    sides = (margins.left, margins.top, margins.right, margins.bottom)
    if not all(isinstance(side, int) and 0 <= side <= MAX_SIDE for side in sides):
        raise InvalidRequest("extend", f"Extend each side by 0 to {MAX_SIDE} whole pixels.")
    if not any(sides):
        raise InvalidRequest("extend", "Say by how many pixels a side is to be extended.")
    width = picture.width + margins.left + margins.right
    height = picture.height + margins.top + margins.bottom
    if max(width, height) > MAX_SIDE:
        raise InvalidRequest(
            "extend",
            f"The picture would be {width} x {height} pixels; up to {MAX_SIDE} a side work.",
        )
