"""Learned words (textual inversion): vectors that stand in a prompt in the place of its tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn


@dataclass(frozen=True, eq=False)
class LearnedWord:
    """`vectors` is (count, width of the text encoder); a prompt calls it by its name's tokens."""

    name: str
    ids: tuple[int, ...]
    vectors: torch.Tensor


class WordFinder(Protocol):
    """Knows which tokens are the name of a learned word."""

    def find(self, ids: Sequence[int], position: int) -> LearnedWord | None:
        """The learned word whose name's tokens stand in `ids` from `position` on, if any."""
        ...


@contextmanager
def taught(text_encoder: nn.Module, learned: Sequence[tuple[int, torch.Tensor]]) -> Iterator[None]:
    """Inside a `with`, a text encoder that reads vectors (count, width) at some places of a row.

    The token embeddings that stand there are overwritten; position embeddings are added as ever.
    """
    if not learned:
        yield
        return

    def put_in(_module: nn.Module, _inputs: Any, embedded: torch.Tensor) -> torch.Tensor:
        embedded = embedded.clone()
        for place, vectors in learned:
            embedded[:, place : place + len(vectors)] = vectors.to(embedded.device, embedded.dtype)
        return embedded

    hook = text_encoder.get_input_embeddings().register_forward_hook(put_in)  # type: ignore[operator]
    try:
        yield
    finally:
        hook.remove()
