"""`python -m backend.library inspect FILE` and `python -m backend.library convert SRC DST`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from backend.errors import ModelError
from backend.library.inspection import inspect
from backend.library.watch import Watch


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns 0, or 1 after a sentence that says what is wrong."""
    options = _parser().parse_args(arguments)
    try:
        lines = (
            inspect(options.file)
            if options.command == "inspect"
            else _convert(options.source, options.target)
        )
        for line in lines:
            print(line)
    except ModelError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _convert(source: Path, target: Path) -> list[str]:
    from backend.library.convert import convert  # imports torch, which inspecting does without

    notes = convert(source, target, Watch(_show if sys.stderr.isatty() else None))
    return [*notes, f"Wrote {target}."]


def _show(done: int, total: int) -> None:
    end = "\n" if done >= total else ""
    print(f"\r{done / 1e6:,.0f} of {total / 1e6:,.0f} MB read", end=end, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend.library", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    inspecting = commands.add_parser("inspect", help="say what a model file is, and why")
    inspecting.add_argument("file", type=Path)
    converting = commands.add_parser(
        "convert", help="write the other layout: DST is a .safetensors file or a folder's name"
    )
    converting.add_argument("source", type=Path, metavar="SRC")
    converting.add_argument("target", type=Path, metavar="DST")
    return parser


if __name__ == "__main__":
    sys.exit(main())
