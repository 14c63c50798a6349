"""Tags that name adapters."""

from __future__ import annotations

import time

import pytest

from backend.prompt_language.tags import split_tags


@pytest.mark.parametrize(
    ("source", "kind", "name", "strength", "text_strength"),
    [
        ("<lora:ink:0.8>", "LoRA", "ink", 0.8, 0.8),
        ("<lora:ink>", "LoRA", "ink", 1.0, 1.0),
        ("<LORA: my ink :-.5>", "LoRA", "my ink", -0.5, -0.5),
        ("<lora:ink:0.5:0.7>", "LoRA", "ink", 0.7, 0.5),
        ("<lora:ink:te=0.5:unet=0>", "LoRA", "ink", 0.0, 0.5),
        ("<lora:ink:0.5:unet=0.1>", "LoRA", "ink", 0.1, 0.5),
        ("<lyco:ink:2>", "LoRA", "ink", 2.0, 2.0),
        ("<hypernet:mood:0.3>", "hypernetwork", "mood", 0.3, 0.3),
        ("<lora:sub/ink (v2).1:1>", "LoRA", "sub/ink (v2).1", 1.0, 1.0),
    ],
)
def test_what_a_tag_says(source, kind, name, strength, text_strength):
    rest, (tag,) = split_tags(f"a {source}b")
    assert rest == "a b"
    assert (tag.kind, tag.name, tag.source, tag.problem) == (kind, name, source, "")
    assert (tag.strength, tag.text_strength) == (strength, text_strength)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("<lora:ink:much>", "no strength"),
        ("<lora:ink:nan>", "no strength"),
        ("<lora:ink:1e99>", "no strength"),
        ("<lora:ink:>", "no strength"),
        ("<foo:bar:1>", "no tag that is known"),
    ],
)
def test_what_a_tag_cannot_say_is_a_sentence(source, says):
    rest, (tag,) = split_tags(f"a {source}")
    assert rest == "a "
    assert says in tag.problem


@pytest.mark.parametrize(
    "text", ["", "a < b > c", "<lora:>", "<lora:ink", "<img src=x:1>", "<:a>", "a <b> c", "<lora>"]
)
def test_what_is_no_tag_stays(text):
    assert split_tags(text) == (text, ())


def test_tags_keep_their_order():
    rest, tags = split_tags("<lora:a:1>, <hypernet:b:1> x <lora:a:0.5>")
    assert rest == ",  x "
    assert [(tag.name, tag.strength) for tag in tags] == [("a", 1), ("b", 1), ("a", 0.5)]


@pytest.mark.parametrize(
    "hostile", ["<a:" * 66_000, "<" * 200_000, "<a" + "a" * 199_990, "<a:b>" * 40_000]
)
def test_hostile_prompts_take_no_time(hostile):
    began = time.process_time()
    split_tags(hostile)
    assert time.process_time() - began < 30  # a square of the length would take hours
