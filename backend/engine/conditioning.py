"""What the prompts say at each step of a picture, as embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from backend.engine.text_encoding import TextEncoder
from backend.geometry import steps_taken
from backend.prompt_language.schedule import Section, sections, text_at
from backend.prompt_language.tags import split_tags
from backend.request import GenerationRequest


@dataclass(frozen=True)
class Conditioning:
    """The texts of the two prompts by step, and what reads them.

    A text is encoded at the first step that it is said at, and once for the picture.
    """

    encoder: TextEncoder
    positive: list[Section]
    negative: list[Section]

    def at(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Embeddings of the prompt and the negative prompt, (1, 77 * chunks, width), at a step.

        Steps count from 1, the first that runs.
        """
        return self.encoder.encode(text_at(self.positive, step), text_at(self.negative, step))

    def positive_at(self, step: int) -> torch.Tensor:
        """The prompt alone, for a step that asks for nothing else."""
        return self.encoder.encode_alone(text_at(self.positive, step))

    def negative_at(self, step: int) -> torch.Tensor:
        """The negative prompt alone, likewise."""
        return self.encoder.encode_alone(text_at(self.negative, step))


def conditioning(
    encoder: TextEncoder, prompt: str, negative_prompt: str, steps: int
) -> Conditioning:
    """The conditioning of a picture of so many steps; tags of adapters are no part of the texts.

    `steps` are those that were asked for, also where fewer run because the picture starts from
    another: shares and numbers mean them, counted from the first that runs, as in A1111.
    """
    positive, negative = (_sections(text, steps) for text in (prompt, negative_prompt))
    return Conditioning(encoder, positive, negative)


def texts_read(request: GenerationRequest) -> list[str]:
    """The texts that painting a request will encode, in that order and each once."""
    # At these scales only one of the two is asked (`guidance.GuidedPredictor`).
    asked = {0.0: (request.negative_prompt,), 1.0: (request.prompt,)}
    prompts = asked.get(request.cfg_scale, (request.prompt, request.negative_prompt))
    said = [_sections(text, request.steps) for text in prompts]
    steps = range(1, steps_taken(request) + 1)
    return list(dict.fromkeys(text_at(each, step) for step in steps for each in said))


def _sections(prompt: str, steps: int) -> list[Section]:
    return sections(split_tags(prompt)[0], steps)
