"""Pictures that a former run of the program finished, told again."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from backend.events import ImageSaved
from backend.studio.storage import INFOTEXT_KEY


def earlier_picture(path: Path, index: int, seed: int) -> ImageSaved | None:
    """The event of a saved picture, from its file; None where that cannot be read any more."""
    try:
        png = path.read_bytes()
        with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
            infotext = str(picture.info.get(INFOTEXT_KEY, ""))
            width, height = picture.size
    except OSError:
        return None
    return ImageSaved(
        picture=index,
        path=path,
        seed=seed,
        infotext=infotext,
        width=width,
        height=height,
        png=png,
    )
