"""Prompts as tokens and chunks."""

from __future__ import annotations

import time

import pytest

from backend.engine.prompt import chunk_breaks, chunk_ids, tokens
from tests.tiny_model import tiny_tokenizer

COMMA = 9


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_tokenizer()


def test_unknown_words_are_made_of_known_ones(tokenizer) -> None:
    assert [token.text for token in tokens("dreambeach", tokenizer)] == ["dream", "beach"]


def test_a_space_belongs_to_the_token_before_it(tokenizer) -> None:
    assert [token.text for token in tokens("a red  dream", tokenizer)] == ["a ", "red ", "dream"]


@pytest.mark.parametrize("prompt", ["", "red", "RED\tdream\n", "🎈 é \x00", "a red, " * 18])
def test_up_to_75_tokens_give_the_row_of_diffusers(tokenizer, prompt: str) -> None:
    row = tokenizer(prompt, padding="max_length", max_length=77, truncation=True).input_ids
    assert chunk_ids(prompt, tokenizer) == [row]


def test_the_page_shows_the_chunks_that_are_painted(tokenizer) -> None:
    prompt = "a red dream, " * 40
    shown = tokens(prompt, tokenizer)
    rows = chunk_ids(prompt, tokenizer)
    assert shown[-1].chunk == len(rows) - 1
    assert all(len(row) == 77 for row in rows)


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
    ids = [COMMA if place in commas else 1 for place in range(count)]
    assert chunk_breaks(ids, COMMA) == expected


def test_ten_thousand_tokens_are_counted_while_typing(tokenizer) -> None:
    start = time.perf_counter()
    found = tokens("dream " * 10_000, tokenizer)
    assert len(found) == 10_000
    assert time.perf_counter() - start < 1
