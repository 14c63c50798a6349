"""From an artist's picture to the pixels that are painted on, and back into her picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.engine import masks
from backend.engine.decode import Picture
from backend.engine.fill import filled
from backend.engine.inputs import Inputs
from backend.engine.mask_area import area_around, masked_box
from backend.engine.resize import Box, Size, fitting_box, padded, resized, size_of, stretched
from backend.geometry import painted_size
from backend.request import SIZE_MULTIPLE, GenerationRequest
from backend.tasks import DepthToImage, Inpaint, PictureTask, ResizeMode, TextToImage


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where a repainted part goes back to."""

    # (height, width, 3), uint8: what all pixels outside the mask come from
    original: Picture
    # (height, width), uint8: 0 keeps the original's pixel, 255 takes the painted one
    cover: np.ndarray
    # the part of the original that was painted
    box: Box
    # where in what was painted that part lies
    inner: Box

    def put_back(self, painted: Picture) -> Picture:
        """The original with the painted part in it; where `cover` is 0, byte for byte the same."""
        part = stretched(_cropped(painted, self.inner), size_of(_cropped(self.cover, self.box)))
        whole = self.original.copy()
        _cropped(whole, self.box)[:] = masks.composite(
            part, _cropped(self.original, self.box), _cropped(self.cover, self.box)
        )
        return whole


@dataclass(frozen=True, kw_only=True)
class MaskedPart:
    """What of a picture is repainted, at the size that is painted."""

    # (height, width, 3), uint8: the picture before any masked content was put in
    picture: Picture
    # (height, width), uint8: 255 or 0, or with soft inpainting each pixel's share of the strength
    mask: np.ndarray
    frame: Frame


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """What a picture task paints on, all but the source at the size that is painted."""

    # (height, width, 3), uint8: what is encoded; of its own size for "Latent resize"
    source: Picture
    # (width, height) that was asked for, up to 7 pixels less than what is painted
    asked: Size
    masked: MaskedPart | None = None
    # (height, width), float32, larger is nearer
    depth: np.ndarray | None = None

    def finish(self, painted: Picture) -> Picture:
        """The picture for the artist, from what was painted."""
        if self.masked:
            return self.masked.frame.put_back(painted)
        return _cropped(painted, (0, 0, *self.asked))


def canvas_for(request: GenerationRequest, inputs: Inputs | None) -> Canvas | None:
    """What `request.task` paints on; None for text to image, which starts from noise.

    Raises `InvalidRequest` for an empty mask, `ValueError` where the task's inputs are missing.
    """
    task, size = request.task, (request.width, request.height)
    if isinstance(task, TextToImage):
        return None
    if inputs is None:
        raise ValueError(f"{task.name} needs its picture")
    if isinstance(task, Inpaint):
        return _masked_canvas(task, size, inputs)
    return _plain_canvas(task, size, inputs)


def _plain_canvas(task: PictureTask, size: Size, inputs: Inputs) -> Canvas:
    source = source_of(inputs.picture, size, task.resize)
    if not isinstance(task, DepthToImage):
        return Canvas(source=source, asked=size)
    if inputs.depth is None:
        raise ValueError("depth-to-image needs a depth map; see depth.estimate_depth")
    depth = resized(inputs.depth.astype(np.float32), size, task.resize)
    return Canvas(source=source, asked=size, depth=padded(depth, painted_size(*size)))


def _masked_canvas(task: Inpaint, size: Size, inputs: Inputs) -> Canvas:
    if inputs.mask is None:
        raise ValueError("inpainting needs a mask")
    picture, mask = inputs.picture, inputs.mask if task.soft else masks.cut(inputs.mask)
    masks.check_not_empty(mask)
    content = filled(picture, masks.cut(mask)) if task.masked_content == "fill" else picture
    if task.area == "Whole picture":
        source = source_of(content, size, task.resize)
        picture, mask = (resized(pixels, size, task.resize) for pixels in (picture, mask))
        mask = mask if task.soft else masks.cut_again(mask)
        masks.check_not_empty(mask)  # it may have been cropped away
        return Canvas(source=source, asked=size, masked=_masked_part(task, size, picture, mask))
    part = _masked_part(task, size, picture, mask)
    source = _shown(task, content, part.frame.box, size)
    return Canvas(source=source, asked=size, masked=part)


def _masked_part(task: Inpaint, size: Size, picture: Picture, mask: np.ndarray) -> MaskedPart:
    blurred = masks.blurred(mask, task.mask_blur)
    masks.check_covers(blurred, task.mask_blur)
    # Soft, the blur makes the strengths; else it makes the seam alone.
    cover = masks.soft_cover(blurred) if task.soft else blurred
    box, inner = _boxes(task, cover, size)
    shown = _shown(task, blurred if task.soft else mask, box, size)
    return MaskedPart(
        picture=_shown(task, picture, box, size),
        mask=shown if task.soft else masks.cut_again(shown),
        frame=Frame(original=picture, cover=cover, box=box, inner=inner),
    )


def _boxes(task: Inpaint, cover: np.ndarray, size: Size) -> tuple[Box, Box]:
    """The part of the picture that is painted, and where in what is painted it lies."""
    if task.area == "Whole picture":
        return (0, 0, *size), (0, 0, *size)
    target = painted_size(*size)
    box = area_around(masked_box(cover), task.padding, size_of(cover), target)
    return box, fitting_box(size_of(_cropped(cover, box)), target)


def _shown(task: Inpaint, pixels: np.ndarray, box: Box, size: Size) -> np.ndarray:
    """A part of the picture at the size that is painted, in its own shape."""
    part, target = _cropped(pixels, box), painted_size(*size)
    whole = task.area == "Whole picture"
    return padded(part, target) if whole else resized(part, target, "Resize and fill")


def source_of(picture: Picture, size: Size, mode: ResizeMode) -> Picture:
    """What is encoded for a size that is asked for, in whole cells of the latent.

    For "Latent resize" the picture at its own size: its latent is resized in its place.
    """
    if mode != "Latent resize":
        return padded(resized(picture, size, mode), painted_size(*size))
    across, down = (max(SIZE_MULTIPLE, side - side % SIZE_MULTIPLE) for side in size_of(picture))
    return stretched(picture, (across, down))


def _cropped(pixels: np.ndarray, box: Box) -> np.ndarray:
    left, top, right, bottom = box
    return pixels[top:bottom, left:right]
