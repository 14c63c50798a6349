"""A Stable Diffusion of a few thousand random weights, for tests of what does not need skill."""

from __future__ import annotations

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from backend.engine.components import Components

WIDTH = 32
SCHEDULER_CONFIG = {
    "_class_name": "PNDMScheduler",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
    "clip_sample": False,
}


def tiny_components(prediction: str = "epsilon", in_channels: int = 4) -> Components:
    """The same weights each time; pictures of any size from 64 pixels.

    `in_channels` is 4 for a base checkpoint, 9 for inpainting, 5 for depth.
    """
    torch.manual_seed(0)
    tokenizer = tiny_tokenizer()
    return Components(
        unet=_unet(in_channels),
        vae=_vae(),
        text_encoder=_text_encoder(len(tokenizer)),
        tokenizer=tokenizer,
        scheduler_config=SCHEDULER_CONFIG,
        prediction=prediction,  # type: ignore[arg-type]
    )


def tiny_tokenizer() -> CLIPTokenizer:
    """CLIP's way of splitting words, with the merges of "dream", "beach", "a" and "red" alone."""
    merges = [("d", "r"), ("dr", "e"), ("dre", "a"), ("drea", "m"), ("b", "e"), ("be", "a")]
    merges += [("drea", "m</w>"), ("bea", "c"), ("beac", "h</w>"), ("r", "e"), ("re", "d</w>")]
    signs = sorted(_byte_signs())
    vocabulary = [*signs, *(sign + "</w>" for sign in signs), *(a + b for a, b in merges)]
    vocabulary += ["<|startoftext|>", "<|endoftext|>"]
    ids = {token: number for number, token in enumerate(vocabulary)}
    return CLIPTokenizer(vocab=ids, merges=merges, model_max_length=77)


def _byte_signs() -> list[str]:
    """The 256 signs that stand for bytes in CLIP's vocabulary (GPT-2's)."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [256 + number for number in range(256 - len(plain))]
    return [chr(code) for code in plain + others]


def _unet(in_channels: int) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        in_channels=in_channels,
        sample_size=8,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=8,
    )


def _vae() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(16, 16, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=64,
    )


def _text_encoder(vocabulary: int) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=WIDTH,
            intermediate_size=64,
            num_hidden_layers=3,
            num_attention_heads=4,
            bos_token_id=vocabulary - 2,
            eos_token_id=vocabulary - 1,
            pad_token_id=vocabulary - 1,
        )
    )
