"""How a thing is to look, which is all that its painter is told."""

from dataclasses import dataclass

from .canvas import Image
from .palette import NAMED


@dataclass(frozen=True)
class Look:
    """Height in pixels, colour by name (or None), season, and the side light is from (-1 or 1)."""

    size: float
    colour: str | None
    season: str | None
    side: float

    @property
    def paint(self) -> Image:
        """The colour as RGB 0..1 (3,); a thing without one of its own is white."""
        return NAMED[self.colour or "white"]
