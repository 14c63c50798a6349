"""Prompts as tokens and chunks."""

from __future__ import annotations

import time
from itertools import accumulate, pairwise

import pytest
import torch

from backend.engine.learned_words import LearnedWord
from backend.engine.prompt import Piece, chunks, in_chunks, rows
from tests.tiny_model import tiny_tokenizer

COMMA = 9


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_tokenizer()


def texts(prompt: str, tokenizer) -> list[list[str]]:
    return [[piece.text for piece in chunk] for chunk in chunks(prompt, tokenizer)]


def test_unknown_words_are_made_of_known_ones(tokenizer) -> None:
    assert texts("dreambeach", tokenizer) == [["dream", "beach"]]


def test_a_space_belongs_to_the_token_before_it(tokenizer) -> None:
    assert texts("a red  dream", tokenizer) == [["a ", "red ", "dream"]]
    assert texts("a (red) dream", tokenizer) == [["a ", "red ", "dream"]]


@pytest.mark.parametrize(
    "prompt", ["", "red", "RED\tdream\n", "🎈 é \x00", "a red, " * 18, "a: red | b <b> -1:2"]
)
def test_up_to_75_tokens_give_the_row_of_diffusers(tokenizer, prompt: str) -> None:
    ids = tokenizer(prompt, padding="max_length", max_length=77, truncation=True).input_ids
    (row,) = rows(prompt, tokenizer)
    assert row.ids == ids
    assert row.weights == [1.0] * 77
    assert row.learned == ()


def test_the_page_shows_the_chunks_that_are_painted(tokenizer) -> None:
    prompt = "a red dream, " * 40
    found = rows(prompt, tokenizer)
    assert len(chunks(prompt, tokenizer)) == len(found) == 3
    assert all(len(row.ids) == len(row.weights) == 77 for row in found)


def test_weights_stand_at_their_tokens(tokenizer) -> None:
    (row,) = rows("a (red:1.3) [dreambeach]", tokenizer)
    assert row.weights[:6] == [1, 1, 1.3, 1 / 1.1, 1 / 1.1, 1]
    assert set(row.weights[6:]) == {1}
    assert row.ids == rows("a red dreambeach", tokenizer)[0].ids


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a BREAK red", [["a "], ["red"]]),
        ("a BREAK", [["a "]]),
        ("BREAK a", [[], ["a"]]),
        ("BREAK", [[]]),
        ("a BREAK BREAK red", [["a "], [], ["red"]]),
        ("(a BREAK red:1.2) dream", [["a "], ["red ", "dream"]]),
    ],
)
def test_a_break_begins_a_chunk(tokenizer, prompt: str, expected) -> None:
    assert texts(prompt, tokenizer) == expected


def test_a_break_after_a_full_chunk_adds_none(tokenizer) -> None:
    assert [len(chunk) for chunk in chunks("a " * 75 + "BREAK red", tokenizer)] == [75, 1]


class Words:
    """Knows one learned word, by the tokens of its name."""

    def __init__(self, name: str, count: int, tokenizer) -> None:
        ids = tokenizer(name, add_special_tokens=False).input_ids
        self.word = LearnedWord(name, tuple(ids), torch.ones(count, 4))

    def find(self, ids, position):
        end = position + len(self.word.ids)
        return self.word if tuple(ids[position:end]) == self.word.ids else None


def test_a_learned_word_takes_the_places_of_its_vectors(tokenizer) -> None:
    words = Words("dreambeach", 3, tokenizer)
    (row,) = rows("a (DREAMBEACH:1.5) red", tokenizer, words)
    ((place, vectors),) = row.learned
    assert (place, len(vectors)) == (2, 3)
    assert row.weights[:7] == [1, 1, 1.5, 1.5, 1.5, 1, 1]
    (shown,) = chunks("a (DREAMBEACH:1.5) red", tokenizer, words)
    assert [(piece.text, piece.size) for piece in shown] == [
        ("a ", 1),
        ("DREAMBEACH ", 3),
        ("red", 1),
    ]


def test_a_learned_word_is_never_parted(tokenizer) -> None:
    words = Words("dream", 20, tokenizer)
    sizes = [[piece.size for piece in chunk] for chunk in chunks("dream " * 4, tokenizer, words)]
    assert sizes == [[20, 20, 20], [20]]


@pytest.mark.parametrize(
    ("count", "commas", "expected"),
    [
        (0, [], [(0, 0)]),
        (75, [], [(0, 75)]),
        (76, [], [(0, 75), (75, 76)]),
        (100, [60], [(0, 61), (61, 100)]),
        (100, [54], [(0, 75), (75, 100)]),  # more than 20 tokens back
        (100, [55], [(0, 56), (56, 100)]),
        (100, [74], [(0, 75), (75, 100)]),
        (100, [60, 75], [(0, 75), (75, 100)]),  # a comma that would begin the next chunk
        (160, [70, 140], [(0, 71), (71, 141), (141, 160)]),
    ],
)
def test_chunks_break_after_a_late_comma(count, commas, expected) -> None:
    pieces = [Piece(str(place), (COMMA if place in commas else 1,)) for place in range(count)]
    found = in_chunks(pieces, COMMA)
    assert [piece for chunk in found for piece in chunk] == pieces
    ends = list(accumulate(len(chunk) for chunk in found))
    assert list(pairwise([0, *ends])) == expected


def test_ten_thousand_tokens_are_counted_while_typing(tokenizer) -> None:
    start = time.perf_counter()
    found = chunks("dream " * 10_000, tokenizer)
    assert sum(len(chunk) for chunk in found) == 10_000
    assert time.perf_counter() - start < 1
