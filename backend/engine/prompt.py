"""A prompt as tokens, and as chunks of 75 of them, each a text of its own for the text encoder.

The rules are A1111's (modules/sd_hijack_clip.py): a chunk holds 75 tokens between a start and an
end token; where a comma is among the last 20 tokens of a full chunk, the text breaks after it, so
that what belongs together stays together.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from transformers import CLIPTokenizer

CHUNK_TOKENS = 75
COMMA_WITHIN = 20


@dataclass(frozen=True)
class PromptToken:
    """A token as the artist sees it: its text (a trailing space belongs to it), its chunk from 0.

    A sign that the vocabulary spells with several tokens, such as an emoji, stands at each of them.
    """

    text: str
    chunk: int


def tokens(prompt: str, tokenizer: CLIPTokenizer) -> list[PromptToken]:
    """The tokens of the prompt in order, without start, end and padding."""
    encoding = _encode(prompt, tokenizer)
    breaks = chunk_breaks(encoding.ids, _comma(tokenizer))
    chunk_of = [chunk for chunk, (begin, end) in enumerate(breaks) for _ in range(begin, end)]
    return [
        PromptToken(text=_with_space(prompt, *place), chunk=chunk)
        for place, chunk in zip(encoding.offsets, chunk_of, strict=True)
    ]


def chunk_ids(prompt: str, tokenizer: CLIPTokenizer) -> list[list[int]]:
    """The prompt as rows of 77 token ids for the text encoder; at least one row.

    A prompt of at most 75 tokens gives exactly the row that the diffusers pipelines make.
    """
    ids = _encode(prompt, tokenizer).ids
    return [_row(ids[begin:end], tokenizer) for begin, end in chunk_breaks(ids, _comma(tokenizer))]


def chunk_breaks(ids: list[int], comma: int | None) -> list[tuple[int, int]]:
    """Where each chunk begins and ends, as positions in `ids`; one empty chunk for no tokens."""
    begins = [0]
    while len(ids) - begins[-1] > CHUNK_TOKENS:
        begins.append(_next_begin(ids, begins[-1], comma))
    return list(pairwise([*begins, len(ids)]))


def _next_begin(ids: list[int], begin: int, comma: int | None) -> int:
    end = begin + CHUNK_TOKENS
    if ids[end] == comma:
        return end
    for position in range(end - 1, end - 1 - COMMA_WITHIN, -1):
        if ids[position] == comma:
            return position + 1
    return end


def _encode(prompt: str, tokenizer: CLIPTokenizer):
    # The backend is asked directly: the tokenizer's own call would warn of more than 77 tokens.
    backend = tokenizer.backend_tokenizer
    # Only where needed: another thread may be reading the tokenizer at this moment.
    if backend.truncation is not None:
        backend.no_truncation()
    if backend.padding is not None:
        backend.no_padding()
    return backend.encode(prompt, add_special_tokens=False)


def _comma(tokenizer: CLIPTokenizer) -> int | None:
    return tokenizer.backend_tokenizer.token_to_id(",</w>")


def _row(ids: list[int], tokenizer: CLIPTokenizer) -> list[int]:
    vocabulary: Any = tokenizer.backend_tokenizer
    start, end, pad = (
        vocabulary.token_to_id(str(token))
        for token in (tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token)
    )
    return [start, *ids, end, *[pad] * (CHUNK_TOKENS - len(ids))]


def _with_space(prompt: str, begin: int, end: int) -> str:
    return prompt[begin:end] + (" " if prompt[end : end + 1].isspace() else "")
