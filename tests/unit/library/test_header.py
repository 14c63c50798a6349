"""Safetensors headers: read without the tensors, and every damage told in a sentence."""

from __future__ import annotations

import json
import struct

import pytest
import torch
from safetensors.torch import save_file

from backend.errors import ModelError
from backend.library.header import read_header


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "whole.safetensors"
    save_file({"a": torch.zeros(2, 3), "b": torch.zeros(4, dtype=torch.float16)}, path, {"k": "v"})
    return path


def with_header(path, header: object, data: bytes = b""):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + data)
    return path


def test_names_and_shapes(whole):
    assert read_header(whole).shapes == {"a": (2, 3), "b": (4,)}


@pytest.mark.parametrize("kept", [0, 5, 8, 40])
def test_a_cut_header_is_told(whole, kept):
    whole.write_bytes(whole.read_bytes()[:kept])
    with pytest.raises(ModelError, match="too short|damaged"):
        read_header(whole)


def test_a_cut_file_is_told_as_incomplete(whole):
    whole.write_bytes(whole.read_bytes()[:-1])
    with pytest.raises(ModelError, match="incomplete.*Download it again"):
        read_header(whole)


@pytest.mark.parametrize(
    "header",
    [
        b"not json at all",
        b"[" * 50_000,
        [],
        {"a": 3},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}},
        {"a": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}},
        {"a": {"dtype": "X9", "shape": [1], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [1]}},
        {"a": {"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 4]}},
    ],
)
def test_a_damaged_header_is_told(tmp_path, header):
    path = with_header(tmp_path / "bad.safetensors", header, b"\0\0\0\0")
    with pytest.raises(ModelError, match="damaged|incomplete"):
        read_header(path)


def test_a_giant_length_reads_nothing(tmp_path):
    path = tmp_path / "giant.safetensors"
    path.write_bytes(struct.pack("<Q", 2**60) + b"{}")
    with pytest.raises(ModelError, match="damaged"):
        read_header(path)


def test_a_text_file_is_told(tmp_path):
    path = tmp_path / "readme.safetensors"
    path.write_text("This is not a model, it is a page of text.")
    with pytest.raises(ModelError, match="not a safetensors file"):
        read_header(path)
