"""Chunks of tokens into the embeddings that steer the noise predictor."""

from __future__ import annotations

import torch

from backend.engine.components import Components
from backend.engine.learned_words import WordFinder, taught
from backend.engine.prompt import Row, rows
from backend.engine.soundness import FirstFault
from backend.errors import InvalidRequest

# In deviations of the hidden states. Stable Diffusion 1's mean is about 0.1, the bundled model's
# below 0.001.
SMALLEST_MEAN = 0.003


class TextEncoder:
    """A model's text encoder as prompts are read with it; remembers each text of one picture.

    `clip_skip` 1 takes the encoder's last layer, 2 the one before it, and so on; the final layer
    norm applies in any case. Raises `InvalidRequest` where the encoder has fewer layers than that.
    `fault` is told of embeddings that are not finite.
    """

    def __init__(
        self,
        components: Components,
        clip_skip: int = 1,
        words: WordFinder | None = None,
        fault: FirstFault | None = None,
    ) -> None:
        layers = components.text_encoder.config.num_hidden_layers
        if clip_skip > layers:
            raise InvalidRequest(
                "clip_skip",
                f"This model's text encoder has {layers} layers; clip skip can be at most "
                f"{layers}.",
            )
        self._components = components
        self._clip_skip = clip_skip
        self._words = words
        self._fault = fault or FirstFault()
        self._known: dict[str, list[torch.Tensor]] = {}

    @torch.inference_mode()
    def encode(self, prompt: str, negative_prompt: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Embeddings of the prompt and of the negative prompt, each (1, 77 * chunks, width).

        Chunks are encoded one by one and joined along the sequence (A1111). Both get the number of
        chunks of the longer one, as they go through the noise predictor together; the shorter is
        filled up with chunks of the empty prompt.
        """
        positive, negative = self._chunks(prompt), self._chunks(negative_prompt)
        missing = len(positive) - len(negative)
        padding = self._chunks("") * abs(missing) if missing else []
        if missing < 0:
            positive = positive + padding
        else:
            negative = negative + padding
        return torch.cat(positive, dim=1), torch.cat(negative, dim=1)

    @torch.inference_mode()
    def encode_alone(self, text: str) -> torch.Tensor:
        """Embeddings of one text that goes through the noise predictor by itself, not filled up.

        (1, 77 * chunks, width)
        """
        return torch.cat(self._chunks(text), dim=1)

    def _chunks(self, text: str) -> list[torch.Tensor]:
        """Each (1, 77, width)."""
        if text not in self._known:
            # One by one: a batch may be computed in another order, and a prompt's embedding must
            # not depend on its neighbours.
            found = rows(text, self._components.tokenizer, self._words)
            self._known[text] = encoded = [self._encode_row(row) for row in found]
            for each in encoded:
                self._fault.look(each, "text encoding")
        return self._known[text]

    def _encode_row(self, row: Row) -> torch.Tensor:
        ids = torch.tensor([row.ids], device=self._components.device)
        encoder = self._components.text_encoder
        with taught(encoder, row.learned):
            if self._clip_skip == 1:
                hidden = encoder(ids).last_hidden_state
            else:
                layers = encoder(ids, output_hidden_states=True).hidden_states
                hidden = encoder.final_layer_norm(layers[-self._clip_skip])
        return emphasised(hidden, row.weights)


def emphasised(hidden: torch.Tensor, weights: list[float]) -> torch.Tensor:
    """Hidden states (1, 77, width) times the weight of each token, brought back to their mean.

    This is A1111's "original" emphasis (modules/sd_emphasis.py). Weights of 1 leave them as they
    are. Where a text encoder's states have no mean to speak of, as the bundled one's, a share of it
    would be chance, even in its sign, and they are only multiplied (A1111's "no norm"). Computed in
    fp32.
    """
    if all(weight == 1 for weight in weights):
        return hidden
    states = hidden.float()
    changed = states * torch.tensor(weights, device=hidden.device)[None, :, None]
    mean, smallest = states.mean(), SMALLEST_MEAN * states.std()
    if mean.abs() > smallest and changed.mean().abs() > smallest:
        changed = changed * (mean / changed.mean())
    return changed.to(hidden.dtype)
