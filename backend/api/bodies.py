"""What A1111's clients send: field names and defaults as they know them.

Source: AUTOMATIC1111/stable-diffusion-webui, `modules/api/models.py`, and what the client library
`webuiapi` sends. For fields that are not here see `unsupported`.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from backend.api.unsupported import refuse_fields


class GenerationBody(BaseModel):
    """The fields that both kinds of request share.

    Any other field of A1111's is accepted where it asks for nothing, and refused by name otherwise.
    """

    model_config = ConfigDict(extra="allow")

    prompt: str = ""
    negative_prompt: str = ""
    seed: int = Field(-1, description="-1 takes a new one; picture i of a batch has seed + i")
    sampler_name: str | None = Field(None, description='as listed by GET samplers; "Euler"')
    sampler_index: str | None = Field(None, description="older name of sampler_name")
    scheduler: str | None = Field(None, description='as listed by GET schedulers; "Automatic"')
    batch_size: int = 1
    n_iter: int = Field(1, description="times batch_size is the number of pictures")
    steps: int = 50
    cfg_scale: float = 7.0
    width: int = Field(512, description="pixels, a multiple of 8")
    height: int = Field(512, description="pixels, a multiple of 8")
    override_settings: dict[str, Any] = Field(
        {}, description="settings of POST options for this request alone"
    )
    send_images: bool = True
    save_images: bool = Field(False, description="every picture is kept, whatever is said here")

    def refuse_what_is_not_done(self) -> None:
        """Raises `InvalidRequest` naming a field that asks for something not done here."""
        refuse_fields(self.model_extra or {})


class Txt2ImgBody(GenerationBody):
    """POST /sdapi/v1/txt2img."""

    denoising_strength: float | None = None  # of the second pass, which is not done


class Img2ImgBody(GenerationBody):
    """POST /sdapi/v1/img2img; pictures are base64 PNG, JPEG or WebP, also as data URIs."""

    init_images: list[str] = Field([], description="one picture")
    include_init_images: bool = False
    mask: str | None = Field(None, description="white where to repaint")
    resize_mode: int = Field(
        0, description="0 stretch, 1 crop and resize, 2 resize and fill, 3 latent resize"
    )
    denoising_strength: float = 0.75
    mask_blur: int = Field(4, description="pixels")
    inpainting_fill: int = Field(
        0, description="masked content: 0 fill, 1 original, 2 latent noise, 3 latent nothing"
    )
    inpaint_full_res: bool = Field(True, description="paint the surroundings of the mask alone")
    inpaint_full_res_padding: int = Field(0, description="pixels")
    inpainting_mask_invert: int = Field(0, description="1: repaint where the mask is black")


class PngInfoBody(BaseModel):
    """POST /sdapi/v1/png-info."""

    image: str
