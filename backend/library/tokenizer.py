"""CLIP's tokenizer, from its two lists alone: a folder's other tokenizer files are not read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from transformers import CLIPTokenizer

from backend.errors import ModelError
from backend.library.configs import SHIPPED
from backend.library.small_files import read_json, read_text

CLIP = SHIPPED / "clip"
POSITIONS = 77  # tokens that CLIP reads at once, start and end among them


def read_tokenizer(folder: Path, pad_token: str) -> CLIPTokenizer:
    """The tokenizer of a folder with `vocab.json` and `merges.txt`, or with the `tokenizer.json`
    that transformers 5 writes in their place; raises `ModelError`.
    """
    vocabulary, merges = _lists(folder)
    if pad_token not in vocabulary:
        raise ModelError(f"The tokenizer's vocabulary lacks its padding token “{pad_token}”.")
    try:
        tokenizer = CLIPTokenizer(
            vocab=vocabulary,
            merges=cast(Any, merges),
            pad_token=pad_token,
            model_max_length=POSITIONS,
        )
    except Exception as error:  # the library raises bare exceptions for lists that do not match
        raise ModelError(f"The tokenizer's lists in {folder.name} are damaged.") from error
    if len(tokenizer) != len(vocabulary):  # a special token that was missing has been added
        raise ModelError("The tokenizer's vocabulary lacks <|startoftext|> or <|endoftext|>.")
    return tokenizer


def is_clip_vocabulary(folder: Path) -> bool:
    """Whether a tokenizer folder holds CLIP's own lists, which ship with the program."""
    return _lists(folder) == _lists(CLIP)


def _lists(folder: Path) -> tuple[dict[str, int], list[tuple[str, str]]]:
    if (folder / "vocab.json").is_file() or not (folder / "tokenizer.json").is_file():
        return read_json(folder / "vocab.json"), _merges(read_text(folder / "merges.txt"))
    model: Any = read_json(folder / "tokenizer.json").get("model")
    try:
        return dict(model["vocab"]), [(first, second) for first, second in model["merges"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError("tokenizer/tokenizer.json is damaged.") from error


def _merges(text: str) -> list[tuple[str, str]]:
    """The pairs of a merges list, whose first line may name its version."""
    pairs = [tuple(line.split(" ")) for line in text.split("\n") if line.strip()]
    if pairs and pairs[0][0] == "#version:":
        pairs = pairs[1:]
    if any(len(pair) != 2 for pair in pairs):
        raise ModelError("The tokenizer's merges.txt is damaged.")
    return cast(list[tuple[str, str]], pairs)
