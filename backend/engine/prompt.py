"""A prompt as tokens, and as chunks of 75 of them, each a text of its own for the text encoder.

The rules are A1111's (modules/sd_hijack_clip.py): a chunk holds 75 tokens between a start and an
end token; where a comma is among the last 20 tokens of a full chunk, the text breaks after it, so
that what belongs together stays together. `BREAK` ends a chunk early. A learned word takes as many
tokens as it has vectors and is never parted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import torch
from transformers import CLIPTokenizer

from backend.engine.learned_words import LearnedWord, WordFinder
from backend.prompt_language.weights import Span, weighted

CHUNK_TOKENS = 75
COMMA_WITHIN = 20


@dataclass(frozen=True)
class Piece:
    """A token, or a learned word, as the artist sees it: its text (a trailing space belongs to it).

    A sign that the vocabulary spells with several tokens, such as an emoji, stands at each of them.
    `ids` are what fills its places in a chunk.
    """

    text: str
    ids: tuple[int, ...]
    weight: float = 1.0
    word: LearnedWord | None = None

    @property
    def size(self) -> int:
        """The tokens that it takes."""
        return len(self.ids)


@dataclass(frozen=True)
class Row:
    """A chunk as the text encoder takes it: 77 token ids, and the weight of each.

    `learned` are vectors (count, width) and the place in the row where they stand.
    """

    ids: list[int]
    weights: list[float]
    learned: tuple[tuple[int, torch.Tensor], ...] = ()


def chunks(
    prompt: str, tokenizer: CLIPTokenizer, words: WordFinder | None = None
) -> list[list[Piece]]:
    """The prompt's tokens in chunks, without start, end and padding; at least one chunk."""
    comma = _vocabulary(tokenizer).token_to_id(",</w>")
    *earlier, last = [
        in_chunks(list(_pieces(part, tokenizer, words)), comma) for part in weighted(prompt)
    ]
    found = [chunk for part in earlier for chunk in part]
    # Nothing after the last BREAK is no chunk.
    return found + (last if last != [[]] or not found else [])


def rows(prompt: str, tokenizer: CLIPTokenizer, words: WordFinder | None = None) -> list[Row]:
    """The prompt as rows for the text encoder; at least one.

    A prompt of at most 75 tokens and no syntax gives exactly the row of the diffusers pipelines.
    """
    return [_row(chunk, tokenizer) for chunk in chunks(prompt, tokenizer, words)]


def in_chunks(pieces: list[Piece], comma: int | None) -> list[list[Piece]]:
    """Pieces in chunks of at most 75 tokens; one empty chunk for no pieces."""
    found: list[list[Piece]] = [[]]
    size, after_comma = 0, 0  # of the last chunk: its tokens, and its pieces up to the last comma
    tail = 0  # the tokens from that comma on
    for piece in pieces:
        is_comma = piece.ids == (comma,)
        if size == CHUNK_TOKENS and not is_comma and after_comma and tail <= COMMA_WITHIN:
            moved = found[-1][after_comma:]
            del found[-1][after_comma:]
            found.append(moved)
            size, after_comma = sum(each.size for each in moved), 0
        if size + piece.size > CHUNK_TOKENS:
            found.append([])
            size, after_comma = 0, 0
        found[-1].append(piece)
        size += piece.size
        tail += piece.size
        if is_comma:
            after_comma, tail = len(found[-1]), 1
    return found


def _pieces(
    part: list[Span], tokenizer: CLIPTokenizer, words: WordFinder | None
) -> Iterator[Piece]:
    for span, following in zip_longest(part, part[1:], fillvalue=Span("")):
        encoding = _encode(span.text, tokenizer)
        ids, offsets = encoding.ids, encoding.offsets
        text = span.text + following.text[:1]
        position = 0
        while position < len(ids):
            word = words.find(ids, position) if words else None
            count = len(word.ids) if word else 1
            begin, end = offsets[position][0], offsets[position + count - 1][1]
            places = (0,) * len(word.vectors) if word else (ids[position],)
            yield Piece(_with_space(text, begin, end), places, span.weight, word)
            position += count


def _encode(text: str, tokenizer: CLIPTokenizer):
    # The backend is asked directly: the tokenizer's own call would warn of more than 77 tokens.
    backend = _vocabulary(tokenizer)
    # Only where needed: another thread may be reading the tokenizer at this moment.
    if backend.truncation is not None:
        backend.no_truncation()
    if backend.padding is not None:
        backend.no_padding()
    return backend.encode(text, add_special_tokens=False)


def _vocabulary(tokenizer: CLIPTokenizer) -> Any:
    return tokenizer.backend_tokenizer


def _row(chunk: list[Piece], tokenizer: CLIPTokenizer) -> Row:
    start, end, pad = (
        _vocabulary(tokenizer).token_to_id(str(token))
        for token in (tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token)
    )
    ids, weights, learned = [start], [1.0], []
    for piece in chunk:
        if piece.word:
            learned.append((len(ids), piece.word.vectors))
        ids += piece.ids
        weights += [piece.weight] * piece.size
    empty = CHUNK_TOKENS + 1 - len(ids)
    return Row([*ids, end, *[pad] * empty], weights + [1.0] * (empty + 1), tuple(learned))


def _with_space(prompt: str, begin: int, end: int) -> str:
    return prompt[begin:end] + (" " if prompt[end : end + 1].isspace() else "")
