"""Chunks of tokens into the embeddings that steer the noise predictor."""

from __future__ import annotations

import torch

from backend.engine.components import Components
from backend.engine.prompt import chunk_ids
from backend.errors import InvalidRequest


@torch.inference_mode()
def encode_prompts(
    components: Components, prompt: str, negative_prompt: str, clip_skip: int = 1
) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings of the prompt and of the negative prompt, each (1, 77 * chunks, width).

    Chunks are encoded one by one and joined along the sequence (A1111). Both get the number of
    chunks of the longer one, as they go through the noise predictor together; the shorter is
    filled up with chunks of the empty prompt. `clip_skip` 1 takes the text encoder's last layer,
    2 the one before it, and so on, for both prompts; the final layer norm applies in any case.
    Raises `InvalidRequest` where the encoder has fewer layers than that.
    """
    empty = chunk_ids("", components.tokenizer)
    rows = [chunk_ids(text, components.tokenizer) for text in (prompt, negative_prompt)]
    chunks = max(len(row) for row in rows)
    filled = [row + empty * (chunks - len(row)) for row in rows]
    positive, negative = (_encode(components, row, clip_skip) for row in filled)
    return positive, negative


def _encode(components: Components, rows: list[list[int]], clip_skip: int) -> torch.Tensor:
    """(chunks, 77) token ids into (1, chunks * 77, width)."""
    layers = components.text_encoder.config.num_hidden_layers
    if clip_skip > layers:
        raise InvalidRequest(
            "clip_skip",
            f"This model's text encoder has {layers} layers; clip skip can be at most {layers}.",
        )
    # One by one: a batch may be computed in another order, and a prompt's embedding must not
    # depend on its neighbours.
    encoded = [_encode_row(components, row, clip_skip) for row in rows]
    return torch.cat(encoded, dim=1)


def _encode_row(components: Components, row: list[int], clip_skip: int) -> torch.Tensor:
    ids = torch.tensor([row], device=components.device)
    encoder = components.text_encoder
    if clip_skip == 1:
        return encoder(ids).last_hidden_state
    hidden = encoder(ids, output_hidden_states=True).hidden_states
    return encoder.final_layer_norm(hidden[-clip_skip])
