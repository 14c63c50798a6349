"""Where a file keeps one parameter: a tensor's name, and which rows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """Block `block` of the `blocks` equal ones that the tensor's rows fall into.

    Nearly always the whole tensor; OpenCLIP keeps queries, keys and values in one of three blocks.
    """

    name: str
    block: int = 0
    blocks: int = 1


# From a parameter's name in the module to the places where a file may keep it, best guess first.
Locate = Callable[[str], Iterable[Piece]]


def renamed(name: str, modules: dict[str, str]) -> tuple[str, str, str]:
    """Split a parameter's name at the longest module that a table knows.

    Returns the module, its name in the other layout, and the rest of the parameter's name; raises
    `KeyError` for a name that no module of the table begins.
    """
    module = name
    while module:
        module = module.rpartition(".")[0]
        if module in modules:
            return module, modules[module], name[len(module) + 1 :]
    raise KeyError(name)


def with_table(name: str, table: dict[str, str]) -> str:
    """A parameter's name with its first word replaced by the table's, where it has one."""
    word, dot, rest = name.partition(".")
    return table.get(word, word) + dot + rest
