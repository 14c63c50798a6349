"""Brackets as weights: A1111's own examples, and what people and attackers write besides."""

from __future__ import annotations

import time

import pytest

from backend.prompt_language.weights import MAX_WEIGHT, weighted


def spans(prompt: str) -> list[tuple[str, float]]:
    (part,) = weighted(prompt)
    return [(span.text, span.weight) for span in part]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("", []),
        ("normal text", [("normal text", 1.0)]),
        ("an (important) word", [("an ", 1.0), ("important", 1.1), (" word", 1.0)]),
        ("(unbalanced", [("unbalanced", 1.1)]),
        ("unbalanced)", [("unbalanced)", 1.0)]),
        ("[unbalanced", [("unbalanced", 1 / 1.1)]),
        ("unbalanced]", [("unbalanced]", 1.0)]),
        (r"\(literal\]", [("(literal]", 1.0)]),
        (r"a\\b c\d", [(r"a\b cd", 1.0)]),
        ("end\\", [("end", 1.0)]),
        (r"\(a (b\): 1.2)", [("(a ", 1.0), ("b)", 1.2)]),
        ("(unnecessary)(parens)", [("unnecessaryparens", 1.1)]),
        ("(word:1.3)", [("word", 1.3)]),
        ("(word: 1.3 )", [("word", 1.3)]),
        ("(word:+.5)", [("word", 0.5)]),
        ("(word:-1.)", [("word", -1.0)]),
        ("(word:0)", [("word", 0.0)]),
        ("(word:1.2.3)", [("word:1.2.3", 1.1)]),
        ("(word:)", [("word:", 1.1)]),
        ("(ratio 16:9)", [("ratio 16", 9.0)]),
        ("ratio 16:9", [("ratio 16:9", 1.0)]),
        ("word:1.3)", [("word:1.3)", 1.0)]),
        ("[word:1.3]", [("word:1.3", 1 / 1.1)]),
        ("(a [b) c]", [("a ", 1.1), ("b", 1.1 / 1.1), (" c", 1 / 1.1)]),
        ("(🎈 é:1.5)", [("🎈 é", 1.5)]),
        ("a\0(b\0)", [("a\0", 1.0), ("b\0", 1.1)]),
        ("(a\nb:1.2)", [("a\nb", 1.2)]),
        ("()", []),
        ("(((:1.5)", []),
        ("a::b", [("a::b", 1.0)]),
        ("(a:99999999999999999999)", [("a", MAX_WEIGHT)]),
        (f"(a:{'9' * 400})", [("a", MAX_WEIGHT)]),
        (f"(a:-{'9' * 400})", [("a", -MAX_WEIGHT)]),
    ],
)
def test_what_brackets_mean(prompt, expected):
    found = spans(prompt)
    assert [text for text, _ in found] == [text for text, _ in expected]
    assert [weight for _, weight in found] == pytest.approx([weight for _, weight in expected])


def test_a1111_s_own_example():
    found = spans("a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).")
    assert [text for text, _ in found] == [
        "a ", "house", " ", "on", " a ", "hill", ", sun, ", "sky", ".",
    ]  # fmt: skip
    expected = [1, 1.573, 1.1, 1, 1.1, 0.55, 1.1, 1.4641, 1.1]
    assert [weight for _, weight in found] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a BREAK b", [["a "], [" b"]]),
        ("aBREAK b", [["aBREAK b"]]),
        ("BREAKFAST break", [["BREAKFAST break"]]),
        ("BREAK", [[], []]),
        ("a BREAK BREAK b", [["a "], [" "], [" b"]]),
        ("(a BREAK b) c", [["a "], [" b", " c"]]),
        (r"a\BREAK", [["a"], []]),
        ("a\nBREAK\nb", [["a\n"], ["\nb"]]),
    ],
)
def test_break_parts_the_prompt(prompt, expected):
    assert [[span.text for span in part] for part in weighted(prompt)] == expected


def test_a_break_within_brackets_leaves_both_parts_weighted():
    first, second = weighted("(a BREAK b:1.4) c")
    assert [span.weight for span in first] == [1.4]
    assert [span.weight for span in second] == [1.4, 1.0]


@pytest.mark.parametrize(
    "hostile",
    [
        "(" * 200_000,
        "(" * 100_000 + ")" * 100_000,
        "[(" * 50_000 + "])" * 50_000,
        "(a)b" * 50_000,
        "(a:1" * 50_000,
        "a:" * 100_000,
        " " * 200_000,
        ":" + " " * 199_999,
        ":" + "1" * 199_999,
        "(:" + "1." * 99_999,
        "\\" * 200_000,
        "BREAK " * 33_000,
        "BREA" * 50_000,
    ],
)
def test_hostile_prompts_take_no_time_and_no_stack(hostile):
    began = time.process_time()
    for part in weighted(hostile):
        assert all(abs(span.weight) <= MAX_WEIGHT for span in part)
    assert time.process_time() - began < 30  # a square of the length would take hours
