"""The command line."""

from __future__ import annotations

import pytest

from app import parse_arguments


def test_memory_for_models_is_given_in_gigabytes():
    assert parse_arguments([]).model_cache is None
    assert parse_arguments(["--model-cache", "1.5"]).model_cache == 1.5
    assert parse_arguments(["--model-cache", "0"]).model_cache == 0


@pytest.mark.parametrize("text", ["-1", "much", "nan", "inf"])
def test_other_than_a_number_of_gigabytes_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        parse_arguments(["--model-cache", text])
    assert "gigabytes are a number" in capsys.readouterr().err
