"""What A1111's clients send: field names and defaults as they know them.

Source: AUTOMATIC1111/stable-diffusion-webui, `modules/api/models.py`, and what the client library
`webuiapi` sends. A field that this program does not do is accepted at its default and refused by
name otherwise.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from backend.errors import InvalidRequest

# Values of fields that are not done here which ask for nothing.
_NOTHING: tuple[object, ...] = (None, "", 0, False, [], {})
_HARMLESS: dict[str, tuple[object, ...]] = {
    "seed_resize_from_h": (-1,),
    "seed_resize_from_w": (-1,),
    "subseed": (-1,),
    "eta": (1,),
    "s_noise": (1,),
    "initial_noise_multiplier": (1,),
    "image_cfg_scale": (1.5,),
}
# Fields that only mean something beside another one, which is refused where it is set; and those
# that say how A1111 keeps files, where this program always keeps every picture.
_BESIDE = ("hr_", "firstphase_", "override_settings_restore_afterwards", "do_not_save_")


class GenerationBody(BaseModel):
    """The fields that both kinds of request share."""

    model_config = ConfigDict(extra="allow")

    prompt: str = ""
    negative_prompt: str = ""
    seed: int = -1
    sampler_name: str | None = None
    sampler_index: str | None = None
    scheduler: str | None = None
    batch_size: int = 1
    n_iter: int = 1
    steps: int = 50
    cfg_scale: float = 7.0
    width: int = 512
    height: int = 512
    override_settings: dict[str, Any] = {}
    send_images: bool = True
    save_images: bool = False

    def refuse_what_is_not_done(self) -> None:
        """Raises `InvalidRequest` naming a field that asks for something not done here."""
        for name, value in (self.model_extra or {}).items():
            if name.startswith(_BESIDE) or value in (*_NOTHING, *_HARMLESS.get(name, ())):
                continue
            raise InvalidRequest(
                name[:80], f"“{name[:80]}” is not supported; leave it out or at its default."
            )


class Txt2ImgBody(GenerationBody):
    """POST /sdapi/v1/txt2img."""

    denoising_strength: float | None = None  # of the second pass, which is not done


class Img2ImgBody(GenerationBody):
    """POST /sdapi/v1/img2img; pictures are base64 PNG, JPEG or WebP, also as data URIs."""

    init_images: list[str] = []
    include_init_images: bool = False
    mask: str | None = None
    resize_mode: int = 0
    denoising_strength: float = 0.75
    mask_blur: int = 4
    inpainting_fill: int = 0
    inpaint_full_res: bool = True
    inpaint_full_res_padding: int = 0
    inpainting_mask_invert: int = 0


class PngInfoBody(BaseModel):
    """POST /sdapi/v1/png-info."""

    image: str
