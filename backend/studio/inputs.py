"""The artist's own pictures: read with care, brought to one form, and kept by their content.

Every picture becomes an 8-bit RGB or RGBA PNG, upright, of bounded size, in `outputs/inputs/`,
named by its hash. So a request can name it, history can show it, and the same picture is kept once.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from backend.errors import BadPicture, StorageError
from backend.request import MAX_SIDE
from backend.studio.views import KeptPicture
from backend.tasks import PictureRef

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_FILE_BYTES = 64 * 1024**2
MAX_PIXELS = 120_000_000  # more is a mistake or a decompression bomb: 360 MB of pixels
MADE_FROM_KEY = "made from"  # the text chunk that holds another kept picture's hash
_HASH = re.compile(r"[0-9a-f]{64}")


class InputPictures:
    """The folder of input pictures, masks and depth maps."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, data: bytes) -> KeptPicture:
        """Read an uploaded file and keep it; raises `BadPicture` or `StorageError`."""
        picture, note = read_picture(data)
        return KeptPicture(ref=self.keep_picture(picture), note=note)

    def keep_picture(self, picture: Image.Image, made_from: PictureRef | None = None) -> PictureRef:
        """Keep a picture that was made here (mode RGB, RGBA or L); raises `StorageError`.

        `made_from` is the kept picture that it is a change of, by which the history knows what is
        painted over it.
        """
        chunks = PngImagePlugin.PngInfo()
        if made_from:
            chunks.add_text(MADE_FROM_KEY, made_from.sha256)
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", pnginfo=chunks, compress_level=1)
        content = buffer.getvalue()
        digest = hashlib.sha256(content).hexdigest()
        self._write(digest, content)
        return PictureRef(sha256=digest, width=picture.width, height=picture.height)

    def file(self, sha256: str) -> Path | None:
        """The PNG of that hash, or None."""
        if not _HASH.fullmatch(sha256):
            return None
        path = self._folder / f"{sha256}.png"
        return path if path.is_file() else None

    def open(self, ref: PictureRef) -> Image.Image:
        """The picture (RGB, RGBA or L); raises `BadPicture` where it was taken away."""
        path = self.file(ref.sha256)
        if path is None:
            raise BadPicture("The input picture is no longer in the outputs folder; load it again.")
        try:
            with Image.open(path, formats=["PNG"]) as picture:
                picture.load()
                return picture
        except (OSError, ValueError) as error:
            raise BadPicture("The kept input picture is damaged; load it again.") from error

    def _write(self, digest: str, content: bytes) -> None:
        path = self._folder / f"{digest}.png"
        # A name of its own: another thread may be keeping the same picture.
        partial = path.with_suffix(f".{secrets.token_hex(8)}.partial")
        try:
            if path.is_file() and path.read_bytes() == content:
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise StorageError(
                f"The input picture could not be kept in the outputs folder ({error.strerror})."
            ) from error


def read_picture(data: bytes) -> tuple[Image.Image, str]:
    """A picture from a file's bytes as upright RGB or RGBA of at most 2048 pixels a side.

    Returns it with a sentence about what was changed, or "". Raises `BadPicture`.
    """
    if len(data) > MAX_FILE_BYTES:
        raise BadPicture(f"The file has {len(data) / 1e6:.0f} MB; pictures up to 64 MB work.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _read(data)
    except Image.DecompressionBombError as error:
        raise BadPicture(_too_many("far too many")) from error
    except UnidentifiedImageError as error:
        raise BadPicture("This is not a picture that works here: PNG, JPEG and WebP do.") from error
    except (OSError, ValueError, SyntaxError, MemoryError) as error:
        raise BadPicture("The picture is damaged and cannot be read to its end.") from error


def _read(data: bytes) -> tuple[Image.Image, str]:
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise BadPicture(_too_many(f"{opened.width} x {opened.height}"))
        # A phone's JPEG may hold the same picture several times (MPO): that is no animation.
        animated = opened.format != "MPO" and getattr(opened, "n_frames", 1) > 1
        upright = ImageOps.exif_transpose(opened)
        picture = _eight_bit(upright)
    notes = ["Only the first frame of the animation is used."] if animated else []
    if max(picture.size) > MAX_SIDE:
        before = f"{picture.width} x {picture.height}"
        picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
        notes.append(f"Brought down from {before} to {picture.width} x {picture.height} pixels.")
    return picture, " ".join(notes)


def _too_many(count: str) -> str:
    return f"The picture has {count} pixels; up to {MAX_PIXELS // 1_000_000} million work."


def _eight_bit(picture: Image.Image) -> Image.Image:
    """RGB, or RGBA where there is transparency; 16-bit greys are scaled, not clipped."""
    if picture.mode.startswith("I") or picture.mode == "F":
        grey = np.asarray(picture, dtype=np.float64)
        scaled = grey / 257 if grey.max(initial=0) > 255 else grey
        return Image.fromarray(scaled.round().clip(0, 255).astype(np.uint8)).convert("RGB")
    transparent = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    return picture.convert("RGBA" if transparent else "RGB")
