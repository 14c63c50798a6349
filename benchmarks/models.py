"""What is measured: the bundled model, and random weights of the size of Stable Diffusion 1.5."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from backend.engine.components import Components, place
from backend.engine.painter import Painter
from backend.request import GenerationRequest, ModelChoice

ROOT = Path(__file__).resolve().parents[1]
BUNDLED = ROOT / "models" / "bundled" / "storybook"
SD15 = ROOT / "backend" / "library" / "configs" / "sd1"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A model to measure with: `load` makes new networks at each call.

    `rounds` is how often each piece of work is timed: less often where one takes half a minute.
    The program lists the model as `checkpoint`; one that is not in its models folder is `unsaved`.
    """

    name: str
    load: Callable[[], Components]
    request: GenerationRequest
    rounds: int
    checkpoint: str
    unsaved: bool = False

    def painter(self, dtype: torch.dtype) -> Painter:
        """Ours, placed as the program places it."""
        return Painter(place(self.load(), torch.device("cpu"), dtype))

    def models_folder(self, scratch: Path) -> Path:
        """A models folder with the checkpoint in it: the program's, or one made in `scratch`."""
        if not self.unsaved:
            return ROOT / "models"
        self.pipeline(torch.float16).save_pretrained(scratch / "checkpoints" / self.checkpoint)
        return scratch

    def pipeline(self, dtype: torch.dtype) -> StableDiffusionPipeline:
        """A bare diffusers pipeline with the same parts and nothing set but the number format."""
        parts = self.load()
        scheduler: Any = EulerDiscreteScheduler.from_config(dict(parts.scheduler_config))
        pipeline = StableDiffusionPipeline(
            vae=parts.vae,
            text_encoder=parts.text_encoder,
            tokenizer=parts.tokenizer,
            unet=parts.unet,
            scheduler=scheduler,
            safety_checker=None,  # type: ignore[arg-type]
            feature_extractor=None,  # type: ignore[arg-type]
            requires_safety_checker=False,
        )
        pipeline.set_progress_bar_config(disable=True)
        return pipeline.to(dtype)


def subjects(quick: bool) -> list[Subject]:
    """Both models, with small pictures for a quick look or those that artists paint."""
    side, steps = (128, 4) if quick else (256, 20)
    large_side, large_steps = (128, 1) if quick else (512, 2)
    return [
        Subject(
            name="storybook",
            load=_bundled,
            request=_request(side, steps),
            rounds=3 if quick else 21,
            checkpoint=BUNDLED.name,
        ),
        Subject(
            name="random weights of SD 1.5 size",
            load=_random_sd15,
            request=_request(large_side, large_steps),
            rounds=2,
            checkpoint="random-sd15",
            unsaved=True,
        ),
    ]


def _request(side: int, steps: int) -> GenerationRequest:
    return GenerationRequest(
        prompt="a red hot-air balloon over a lake at sunset",
        width=side,
        height=side,
        steps=steps,
        sampler="Euler",
        schedule="Uniform",
        seed=1,
        preview="Off",
        model=ModelChoice(checkpoint="measured"),
    )


def _bundled() -> Components:
    config = _json(BUNDLED / "scheduler" / "scheduler_config.json")
    return Components(
        unet=UNet2DConditionModel.from_pretrained(BUNDLED / "unet"),
        vae=AutoencoderKL.from_pretrained(BUNDLED / "vae"),
        text_encoder=CLIPTextModel.from_pretrained(BUNDLED / "text_encoder"),
        tokenizer=CLIPTokenizer.from_pretrained(BUNDLED / "tokenizer"),
        scheduler_config=config,
        prediction=config["prediction_type"],
    )


def _random_sd15() -> Components:
    """The true sizes; the tokenizer is the bundled one, which is the same as SD 1.5's."""
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(_json(SD15 / "unet" / "config.json"))
        vae = AutoencoderKL.from_config(_json(SD15 / "vae" / "config.json"))
        text = CLIPTextModel(CLIPTextConfig(**_json(SD15 / "text_encoder" / "config.json")))
    return Components(
        unet=_filled(unet),
        vae=_filled(vae),
        text_encoder=_filled(text),
        tokenizer=CLIPTokenizer.from_pretrained(BUNDLED / "tokenizer"),
        scheduler_config=_json(SD15 / "scheduler" / "scheduler_config.json"),
    )


def _filled(network: Any) -> Any:
    """Random weights in place of none; one row of numbers over and over, as drawing a billion of
    them takes longer than what is measured."""
    network.to_empty(device="cpu")
    row = torch.randn(2**16) * 0.02
    with torch.no_grad():
        for weight in network.parameters():
            times = weight.numel() // row.numel() + 1
            weight.copy_(row.repeat(times)[: weight.numel()].view(weight.shape))
    for module in network.modules():
        if hasattr(module, "position_ids"):
            module.position_ids = torch.arange(module.position_ids.shape[-1])[None]
    return network


def _json(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))
