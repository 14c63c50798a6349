"""Choosing where and in which number format to compute."""

from __future__ import annotations

import pytest
import torch

from backend.engine.device import Device, choose_device, memory
from backend.errors import AtelierError


def test_a_choice_is_kept() -> None:
    chosen = choose_device("cpu", "fp32")
    assert chosen == Device(torch.device("cpu"), torch.float32)
    assert chosen.label == "CPU fp32"


def test_auto_finds_something_that_works() -> None:
    chosen = choose_device("cpu", "auto")
    assert chosen.dtype in (torch.float32, torch.bfloat16)


@pytest.mark.parametrize(
    ("device", "dtype", "sentence"),
    [
        ("tpu", "auto", "no device “tpu”"),
        ("cpu", "int8", "no number format"),
        ("cpu", "fp16", "GPUs"),
    ],
)
def test_impossible_choices_are_told_in_a_sentence(device, dtype, sentence) -> None:
    with pytest.raises(AtelierError, match=sentence):
        choose_device(device, dtype)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_device_that_is_not_there() -> None:
    with pytest.raises(AtelierError, match="no cuda device"):
        choose_device("cuda", "auto")


def test_memory_in_bytes() -> None:
    used, total = memory(torch.device("cpu"))
    assert 0 <= used < total
    assert total > 2**28
