"""From the body of an A1111 client to this program's request."""

from __future__ import annotations

import base64
import binascii
import io

from PIL import ImageOps

from backend.api.bodies import GenerationBody, Img2ImgBody
from backend.api.options import Options
from backend.errors import BadPicture, InvalidRequest
from backend.names import SCHEDULES
from backend.request import GenerationRequest, resolve_seed
from backend.studio.inputs import read_picture
from backend.studio.views import StudioLike
from backend.tasks import (
    ImageToImage,
    Inpaint,
    MaskedContent,
    PictureRef,
    ResizeMode,
    Task,
    TextToImage,
)

DEFAULT_SAMPLER = "Euler"  # A1111's, where a client names none
_RESIZE_MODES: tuple[ResizeMode, ...] = (
    "Stretch",
    "Crop and resize",
    "Resize and fill",
    "Latent resize",
)
_FILLS: tuple[MaskedContent, ...] = ("fill", "original", "latent noise", "latent nothing")


def to_request(body: GenerationBody, options: Options, studio: StudioLike) -> GenerationRequest:
    """The request that a body asks for; raises `InvalidRequest` or `BadPicture`."""
    body.refuse_what_is_not_done()
    sampler, schedule = _sampler(body)
    return GenerationRequest(
        prompt=body.prompt,
        negative_prompt=body.negative_prompt,
        width=body.width,
        height=body.height,
        steps=body.steps,
        cfg_scale=body.cfg_scale,
        sampler=sampler,
        schedule=schedule,
        seed=resolve_seed(body.seed),
        batch_size=_count("batch_size", body) * _count("n_iter", body),
        clip_skip=options.clip_skip,
        preview="Auto",
        model=options.model,
        task=_task(body, studio) if isinstance(body, Img2ImgBody) else TextToImage(),
    )


def _count(field: str, body: GenerationBody) -> int:
    count = getattr(body, field)
    if count < 1:  # two negative numbers would pass as their product
        raise InvalidRequest(field, f"{field} must be at least 1.")
    return count


def _sampler(body: GenerationBody) -> tuple[str, str]:
    """Sampler and schedule; "DPM++ 2M Karras" is the old spelling of both in one."""
    name = body.sampler_name or body.sampler_index or DEFAULT_SAMPLER
    schedule = body.scheduler or "Automatic"
    for each in SCHEDULES:
        if name.endswith(f" {each}"):
            return name.removesuffix(f" {each}"), each
    named = {each.lower().replace(" ", "_"): each for each in SCHEDULES}
    return name, named.get(schedule.lower().replace(" ", "_"), schedule)


def _task(body: Img2ImgBody, studio: StudioLike) -> Task:
    if len(body.init_images) != 1:
        raise InvalidRequest(
            "init_images", f"Give one picture in init_images; {len(body.init_images)} were given."
        )
    picture = _kept(body.init_images[0], studio)
    resize = _one_of("resize_mode", body.resize_mode, _RESIZE_MODES)
    if body.mask is None:
        return ImageToImage(picture=picture, strength=body.denoising_strength, resize=resize)
    return Inpaint(
        picture=picture,
        mask=_kept_mask(body, studio),
        strength=body.denoising_strength,
        resize=resize,
        mask_blur=body.mask_blur,
        masked_content=_one_of("inpainting_fill", body.inpainting_fill, _FILLS),
        area="Only masked" if body.inpaint_full_res else "Whole picture",
        padding=body.inpaint_full_res_padding,
    )


def _kept_mask(body: Img2ImgBody, studio: StudioLike) -> PictureRef:
    data = decode_picture(body.mask or "")
    if body.inpainting_mask_invert == 0:
        return studio.keep_picture(data).ref
    if body.inpainting_mask_invert == 1:
        return studio.keep_picture(_inverted(data)).ref
    raise InvalidRequest("inpainting_mask_invert", "inpainting_mask_invert is 0 or 1.")


def _inverted(data: bytes) -> bytes:
    """The mask with black for white, as a PNG file."""
    mask, _ = read_picture(data)
    buffer = io.BytesIO()
    ImageOps.invert(mask.convert("L")).save(buffer, "PNG")
    return buffer.getvalue()


def _kept(encoded: str, studio: StudioLike) -> PictureRef:
    return studio.keep_picture(decode_picture(encoded)).ref


def decode_picture(encoded: str) -> bytes:
    """The bytes of a base64 picture, with or without `data:...;base64,`; raises `BadPicture`."""
    try:
        return base64.b64decode(encoded.partition("base64,")[2] or encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadPicture("A picture must be base64 of a PNG, JPEG or WebP file.") from error


def _one_of(field: str, number: int, choices: tuple):
    if not 0 <= number < len(choices):
        raise InvalidRequest(field, f"{field} must be from 0 to {len(choices) - 1}.")
    return choices[number]
