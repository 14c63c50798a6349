"""The texts inside a picture file, where painting programs leave their settings."""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass

from PIL import ExifTags, Image, UnidentifiedImageError

from backend.errors import BadPicture
from backend.studio.inputs import FORMATS, MAX_FILE_BYTES, MAX_PIXELS

MAX_TEXT = 2_000_000  # characters; ComfyUI's largest graphs have some hundred thousand
NO_PICTURE = "This is not a picture that works here: PNG, JPEG and WebP do."
DAMAGED = "The picture is damaged, and its settings cannot be read."
TOO_LONG = "The text inside this picture is too long to be settings."
_UNREADABLE = (OSError, ValueError, SyntaxError, KeyError, TypeError, struct.error, MemoryError)


@dataclass(frozen=True, kw_only=True)
class EmbeddedText:
    """A picture file's kind, its size in pixels, and its texts by the name they have inside it.

    JPEG and WebP have one at most, "parameters", and what ComfyUI puts into a WebP.
    """

    format: str
    width: int
    height: int
    texts: dict[str, str]


def read_embedded_text(data: bytes) -> EmbeddedText:
    """Read a PNG, JPEG or WebP file's texts; raises `BadPicture` with a sentence."""
    if len(data) > MAX_FILE_BYTES:
        raise BadPicture(f"The file has {len(data) / 1e6:.0f} MB; pictures up to 64 MB work.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # bombs are refused below, broken EXIF is no news
            return _read(data)
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise BadPicture(NO_PICTURE) from error
    except _UNREADABLE as error:
        # Pillow bounds what compressed text may grow to, and says so in its message alone.
        raise BadPicture(TOO_LONG if "too large" in str(error) else DAMAGED) from error


def _read(data: bytes) -> EmbeddedText:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise BadPicture("The picture has more pixels than any that is painted.")
        texts = _png_texts(picture) if picture.format == "PNG" else _exif_texts(picture)
        if sum(map(len, texts.values())) > MAX_TEXT:
            raise BadPicture(TOO_LONG)
        return EmbeddedText(
            format=picture.format or "", width=picture.width, height=picture.height, texts=texts
        )


def _png_texts(picture: Image.Image) -> dict[str, str]:
    before = _strings(picture.info)
    if before:
        return before
    picture.load()  # texts may also stand behind the pixels
    return _strings(getattr(picture, "text", {}))


def _strings(info: dict) -> dict[str, str]:
    return {str(name): str(text) for name, text in info.items() if isinstance(text, str)}


def _exif_texts(picture: Image.Image) -> dict[str, str]:
    exif = picture.getexif()
    comment = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
    texts = {"parameters": decode_user_comment(comment)} if comment else {}
    # ComfyUI writes "prompt:{...}" and "workflow:{...}" into two tags of its WebP files.
    for tag in (ExifTags.Base.Make, ExifTags.Base.Model):
        name, colon, text = str(exif.get(tag, "")).partition(":")
        if colon and name in ("prompt", "workflow"):
            texts[name] = text
    return texts


def decode_user_comment(comment: bytes | str) -> str:
    """The text of EXIF's UserComment: eight bytes that name the encoding, then the text."""
    if isinstance(comment, str):
        return comment
    kind, text = comment[:8], comment[8:]
    if not kind.startswith(b"UNICODE"):
        return text.decode("utf-8", "replace").strip("\0")
    # The standard leaves the byte order open; in Latin text the high bytes are the zeros.
    little = text[1::2].count(0) > text[::2].count(0)
    return text.decode("utf-16-le" if little else "utf-16-be", "replace").strip("\0")
