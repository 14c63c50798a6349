"""Write CLIP's tokenizer files: ``python -m training.tokenizer open_clip_torch-*.whl``.

The byte-pair merges are OpenAI CLIP's `bpe_simple_vocab_16e6.txt.gz`, which the open_clip_torch
wheel carries (MIT licence); the vocabulary follows from them.
"""

import argparse
import gzip
import json
import zipfile
from pathlib import Path

from .paths import STORYBOOK

_MERGES = 48_894
_START, _END = "<|startoftext|>", "<|endoftext|>"


def read_merges(wheel: Path) -> list[str]:
    """CLIP's merges, "t h" and so on, in order. KeyError: the wheel holds no such file."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(
            (n for n in archive.namelist() if n.endswith("bpe_simple_vocab_16e6.txt.gz")), None
        )
        if name is None:
            raise KeyError(f"no bpe_simple_vocab_16e6.txt.gz in {wheel}")
        lines = gzip.decompress(archive.read(name)).decode("utf-8").split("\n")
    # The first line is a version comment; CLIP uses only as many merges as fill its vocabulary.
    return lines[1 : _MERGES + 1]


def vocabulary(merges: list[str]) -> dict[str, int]:
    """Token to number: 256 bytes, the same ending a word, each merge joined, start and end."""
    symbols = [chr(code) for code in _byte_symbols()]
    tokens = symbols + [s + "</w>" for s in symbols]
    tokens += ["".join(merge.split()) for merge in merges] + [_START, _END]
    return {token: number for number, token in enumerate(tokens)}


def _byte_symbols() -> list[int]:
    """Code points that stand for the 256 bytes (GPT-2): printable ones for themselves, first."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return printable + [256 + n for n in range(256 - len(printable))]


def write(folder: Path, merges: list[str]) -> None:
    """Write the files that transformers' CLIPTokenizer loads."""
    folder.mkdir(parents=True, exist_ok=True)
    vocab = json.dumps(vocabulary(merges), ensure_ascii=False, separators=(",", ":"))
    (folder / "vocab.json").write_text(vocab, "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", "utf-8")
    special = {"bos_token": _START, "eos_token": _END, "pad_token": _END, "unk_token": _END}
    config = {
        **special, "tokenizer_class": "CLIPTokenizer", "model_max_length": 77,
        "do_lower_case": True, "add_prefix_space": False, "errors": "replace",
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n", "utf-8")


def main() -> None:
    """Write the tokenizer of the bundled family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path, help="from: pip download --no-deps open_clip_torch")
    write(STORYBOOK / "tokenizer", read_merges(parser.parse_args().wheel))


if __name__ == "__main__":
    main()
