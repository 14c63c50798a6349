"""Prompts that change from step to step: A1111's own examples, and hostile ones."""

from __future__ import annotations

import time

import pytest

from backend.prompt_language.schedule import Section, sections, text_at


def said(prompt: str, steps: int = 10) -> list[tuple[int, str]]:
    return [(each.last, each.text) for each in sections(prompt, steps)]


def turns(*texts: str, steps: int = 10) -> list[tuple[int, str]]:
    return [(step, texts[(step - 1) % len(texts)]) for step in range(1, steps + 1)]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("test", [(10, "test")]),
        ("", [(10, "")]),
        ("a [b:3]", [(3, "a "), (10, "a b")]),
        ("a [b: 3]", [(3, "a "), (10, "a b")]),
        ("a [b:3 ] c", [(3, "a  c"), (10, "a b c")]),
        ("a [[[b]]:2]", [(2, "a "), (10, "a [[b]]")]),
        ("[(a:2):3]", [(3, ""), (10, "(a:2)")]),
        ("a [b : c : 1] d", [(1, "a b  d"), (10, "a  c  d")]),
        ("a[b:[c:d:2]:1]e", [(1, "abe"), (2, "ace"), (10, "ade")]),
        ("a [unbalanced", [(10, "a [unbalanced")]),
        ("a unbalanced]", [(10, "a unbalanced]")]),
        ("a [b:.5] c", [(5, "a  c"), (10, "a b c")]),
        ("a [{b|d{:.5] c", [(5, "a  c"), (10, "a {b|d{ c")]),
        ("((a][:b:c [d:3]", [(3, "((a][:b:c "), (10, "((a][:b:c d")]),
        ("[a|(b:1.1)]", turns("a", "(b:1.1)")),
        ("[a:b:0.4]", [(4, "a"), (10, "b")]),
        ("[a::8]", [(8, "a"), (10, "")]),
        ("[:a:8]", [(8, ""), (10, "a")]),
        ("[a:b:1.0]", [(10, "a")]),
        ("[a:b:1]", [(1, "a"), (10, "b")]),
        ("[a:b:0]", [(10, "b")]),
        ("[a:b:-3]", [(10, "b")]),
        ("[a:b:99]", [(10, "a")]),
        ("[a:b:1e9]", [(10, "a")]),
        ("[a:b:1e999]", [(10, "a")]),
        ("[a:b:0.05]", [(10, "b")]),
        ("[fe|]male", turns("female", "male")),
        ("[a||]", [(1, "a"), (3, ""), (4, "a"), (6, ""), (7, "a"), (9, ""), (10, "a")]),
        ("[a|b|c]", turns("a", "b", "c")),
        ("[[a|b]:c:2]", [(1, "a"), (2, "b"), (10, "c")]),
        ("[a:b:c:3]", [(10, "[a:b:c:3]")]),
        ("[a:b]", [(10, "[a:b]")]),
        ("[word]", [(10, "[word]")]),
        ("[]", [(10, "[]")]),
        ("[:]", [(10, "[:]")]),
        ("(a:1.3), b | c", [(10, "(a:1.3), b | c")]),
        (r"\[a:b:3\]", [(10, r"\[a:b:3\]")]),
        (r"[\]a:b\::3]", [(3, r"\]a"), (10, r"b\:")]),
        ("[(a:b:3]", [(10, "[(a:b:3]")]),
        ("[(x:1.2) y:(z:0.8):3]", [(3, "(x:1.2) y"), (10, "(z:0.8)")]),
        ("[a\nb:🎈\0:3]", [(3, "a\nb"), (10, "🎈\0")]),
        ("end [a:3]\\", [(3, "end \\"), (10, "end a\\")]),
    ],
)
def test_what_is_said_when(prompt, expected):
    assert said(prompt) == expected


def test_shares_are_of_the_steps():
    assert said("[a:b:0.25]", 40) == [(10, "a"), (40, "b")]
    assert said("[a:b:0.25]", 1) == [(1, "b")]


def test_the_text_of_a_step():
    prompt = sections("[a:b:3]", 5)
    assert [text_at(prompt, step) for step in range(1, 7)] == ["a", "a", "a", "b", "b", "b"]
    assert text_at([Section(1, "x")], 9) == "x"


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 200_000,
        "]" * 200_000,
        "[(" * 100_000,
        "[" * 50_000 + "a" + ":1]" * 50_000,
        "[a|" * 40_000 + "]" * 40_000,
        "[a:" * 40_000 + "1]" * 40_000,
        ":" * 200_000,
        "[" + "|" * 199_990 + "]",
        "[a:b:" + "1" * 199_990 + "]",
        "[a:b:" + " " * 199_990 + "]",
        "\\" * 199_999,
        "(" * 100_000 + ")" * 100_000 + "[a:3]",
    ],
)
def test_hostile_prompts_take_no_time_and_no_stack(hostile):
    began = time.process_time()
    assert sections(hostile, 20)[-1].last == 20
    assert time.process_time() - began < 30  # a square of the length would take hours
