"""When a prompt says what, in words."""

from __future__ import annotations

import pytest

from backend.prompt_language.stages import said_when


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a", {"a": ""}),
        ("", {"": ""}),
        ("[a|a]", {"a": ""}),
        ("[a:b:8]", {"a": "steps 1 to 8", "b": "steps 9 to 20"}),
        ("[a:b:19]", {"a": "steps 1 to 19", "b": "step 20"}),
        ("[a|b]", {"a": "steps 1, 3, 5 …", "b": "steps 2, 4, 6 …"}),
        ("[a:[b:a:10]:5]", {"a": "steps 1 to 5, 11 to 20", "b": "steps 6 to 10"}),
    ],
)
def test_when_in_words(prompt, expected):
    assert said_when(prompt, 20) == expected
