"""Two looks that the base model does not have, as filters over rendered scenes: paper and neon."""

from collections.abc import Callable

import cv2
import numpy as np

from .scenes import Scene
from .scenes.canvas import Image

# From a scene to its picture in the style, uint8 (256, 256, 3).
Style = Callable[[Scene], np.ndarray]

_LAYERS = np.array([0.0, 0.02, 0.08, 0.22, 0.4, 0.58, 0.76, 0.92])
_PAPER, _RIM = np.array([250, 244, 232], np.float32), 0.75
_TONES = 6
# Where a shadow falls: 4 pixels to the right and 5 down.
_FALL = np.array([[1, 0, 4], [0, 1, 5]], np.float32)
_INK, _GLOW = np.array([16, 9, 44], np.float32), 1.35


def papercut(made: Scene) -> np.ndarray:
    """Sheets of coloured paper, a sheet for each range of depth, with white edges and shadows."""
    sheets = np.searchsorted(_LAYERS, made.depth.astype(np.float64), side="right")
    flat = _in_tones(_smooth(made.picture))
    result = flat * np.float32(0.82) + _PAPER * np.float32(0.18)
    for sheet in range(2, len(_LAYERS) + 1):
        cover = (sheets >= sheet).astype(np.float32)
        if not 0 < cover.mean() < 1:
            continue
        # The sheet lies above what is behind it: a soft shadow below and to the right.
        fallen = cv2.warpAffine(cover, _FALL, cover.shape, borderMode=cv2.BORDER_REPLICATE)
        shadow = cv2.GaussianBlur(fallen, (0, 0), 4.0)
        behind = (1 - cover)[..., None]
        result *= 1 - np.float32(0.5) * shadow[..., None] * behind
        inner = cv2.erode(cover, np.ones((7, 7), np.uint8))
        rim = cv2.GaussianBlur(cover - inner, (0, 0), 0.7)[..., None] * np.float32(_RIM)
        result += (_PAPER - result) * rim
    return np.clip(result, 0, 255).astype(np.uint8)


def neon(made: Scene) -> np.ndarray:
    """Dark ink with outlines that glow in the purest form of the colours they part."""
    soft = _smooth(made.picture)
    strength = _outlines(soft, made.depth)[..., None]
    pure = _purest(soft)
    dark = _INK + soft * np.float32(0.14)
    halo = cv2.GaussianBlur(pure * strength, (0, 0), 5.0) * np.float32(_GLOW)
    line = cv2.GaussianBlur(pure * strength, (0, 0), 1.3) * np.float32(_GLOW)
    result = dark + halo + line
    return np.clip(result, 0, 255).astype(np.uint8)


def _smooth(picture: np.ndarray) -> Image:
    """Without shading and texture, edges kept: float32 (256, 256, 3), 0..255."""
    smooth = picture
    for _ in range(2):
        smooth = cv2.bilateralFilter(smooth, 7, 40, 5)
    return smooth.astype(np.float32)


def _in_tones(picture: Image) -> Image:
    """Lightness in a few steps, as paper comes in, with the colours a little fuller."""
    lab = cv2.cvtColor(picture / np.float32(255), cv2.COLOR_RGB2LAB)
    step = np.float32(100 / _TONES)
    lab[..., 0] = (np.floor(lab[..., 0] / step) + np.float32(0.5)) * step
    lab[..., 1:] *= np.float32(1.15)
    return np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1) * np.float32(255)


def _outlines(picture: Image, depth: Image) -> Image:
    """Where colours or depths part, 0..1 (256, 256)."""
    grey = np.max([_steepness(picture[..., c] / np.float32(255)) for c in range(3)], axis=0)
    found = np.maximum(grey * np.float32(2.2), _steepness(depth.astype(np.float32)) * 4)
    return np.clip(found - np.float32(0.18), 0, 1)


def _steepness(image: Image) -> Image:
    across, down = cv2.Sobel(image, -1, 1, 0, scale=0.25), cv2.Sobel(image, -1, 0, 1, scale=0.25)
    return np.hypot(across, down)


def _purest(picture: Image) -> Image:
    """The colours at full value and saturation; greys become cyan above and magenta below."""
    hsv = cv2.cvtColor(picture / np.float32(255), cv2.COLOR_RGB2HSV)
    rows = np.linspace(185, 310, len(picture), dtype=np.float32)[:, None]
    hue = np.where(hsv[..., 1] > 0.25, hsv[..., 0], rows)
    full = np.stack([hue, np.full_like(hue, 0.85), np.ones_like(hue)], -1)
    return cv2.cvtColor(full, cv2.COLOR_HSV2RGB) * np.float32(255)
