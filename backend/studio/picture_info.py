"""What any picture says of how it was painted, by whichever program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.studio.embedded_text import EmbeddedText, read_embedded_text
from backend.studio.infotext import read_infotext
from backend.studio.other_programs import read_other_program
from backend.studio.picture_settings import PictureSettings, settings_from


@dataclass(frozen=True, kw_only=True)
class PictureInfo:
    """A picture file, and the settings inside it where there are any.

    `program` says who wrote them, "" for no one. `pairs` are by A1111's names, with "Prompt" and
    "Negative prompt" among them; `text` is what stands in the file.
    """

    format: str
    width: int
    height: int
    program: str
    text: str
    pairs: Mapping[str, str]
    settings: PictureSettings


def read_picture_info(data: bytes) -> PictureInfo:
    """Read the settings inside a PNG, JPEG or WebP file; raises `BadPicture` with a sentence."""
    embedded = read_embedded_text(data)
    program, text, pairs = _told(embedded)
    return PictureInfo(
        format=embedded.format,
        width=embedded.width,
        height=embedded.height,
        program=program,
        text=text,
        pairs=pairs,
        settings=settings_from(pairs),
    )


def _told(embedded: EmbeddedText) -> tuple[str, str, Mapping[str, str]]:
    other = read_other_program(embedded.texts)
    if other:
        text = "\n\n".join(f"{name}: {text}" for name, text in embedded.texts.items())
        return other[0], text, other[1]
    text = embedded.texts.get("parameters", "")
    if not text.strip():
        return "", "", {}
    pairs = read_infotext(text)
    return _writer(pairs), text, pairs


def _writer(pairs: Mapping[str, str]) -> str:
    """The program that wrote an infotext, as far as its version tells."""
    version = pairs.get("Version", "")
    if version.startswith(("Atelier", "ComfyUI")):
        return version
    return f"AUTOMATIC1111's format, {version}" if version else "AUTOMATIC1111's format"
