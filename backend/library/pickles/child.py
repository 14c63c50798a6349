"""Opens one pickle in a process of its own; run by path, with nothing of the program importable.

Arguments: the pickle, the safetensors file to write, and what it may take: bytes of memory, bytes
to write, seconds of computing. It prints one word and at most a name, of which its parent makes a
sentence. Tensors keep their place in the pickle as a name ("320/0/linear.0.weight"); plain values
become metadata.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

MAX_DEPTH = 8
MAX_LEAVES = 100_000
MAX_PLAIN_CHARACTERS = 20_000
_FORBIDDEN = ("os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile",
              "subprocess.Popen", "socket.", "ctypes.dlopen", "pty.spawn", "os.remove",
              "os.rename", "shutil.", "webbrowser.open")  # fmt: skip


class Inert:
    """Stands for the classes that honest old files name; it keeps its state and does nothing."""

    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class InertCallback(Inert):
    """pytorch_lightning's ModelCheckpoint: a key in the first Stable Diffusion checkpoints."""


class InertParameters(Inert):
    """torch's ParameterDict, in which the first textual inversions keep their vectors."""


INERT = [
    (InertCallback, "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint"),
    (InertParameters, "torch.nn.modules.container.ParameterDict"),
]


def main(source: str, target: str, memory: int, written: int, seconds: int) -> None:
    limit(memory, written, seconds)
    sys.addaudithook(forbid)
    try:
        with torch.serialization.safe_globals(INERT):
            value = torch.load(source, map_location="cpu", weights_only=True, mmap=False)
        tensors, plain = sort_leaves(value)
        save_file(tensors, target, plain)
    except (MemoryError, RuntimeError) as error:
        starved = isinstance(error, MemoryError) or "alloc" in str(error)
        answer("memory" if starved else "damaged")
    except SafetensorError as error:
        answer("memory" if "too large" in str(error) else "damaged")
    except Exception as error:
        named = re.search(r"GLOBAL ([\w.]{1,80})", str(error))
        answer(f"unsafe {named[1]}" if named else "damaged")
    answer("done" if tensors else "empty")


def answer(words: str) -> None:
    print(words, flush=True)
    sys.exit(0 if words == "done" else 1)


def limit(memory: int, written: int, seconds: int) -> None:
    """Bound what this process may use, beyond what torch itself has taken already."""
    if sys.platform == "win32":
        return  # it has no such limits; the parent's time limit holds
    import resource

    statm = Path("/proc/self/statm")
    taken = int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 2**33
    for which, value in (
        (resource.RLIMIT_AS, taken + memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (value, value))


def forbid(event: str, arguments: tuple) -> None:
    """A second wall behind `weights_only`: nothing is started, sent, removed or written."""
    writing = event == "open" and is_writing(*arguments[1:3])
    if writing or event.startswith(_FORBIDDEN):
        raise PermissionError(f"GLOBAL {event}")


def is_writing(mode: object, flags: object) -> bool:
    by_mode = isinstance(mode, str) and bool(set("wax+") & set(mode))
    return by_mode or (isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR)))


def sort_leaves(value: Any) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """All tensors by their place in the value, and the plain values as JSON by theirs."""
    if isinstance(value, dict) and isinstance(value.get("state_dict"), dict):
        value = value["state_dict"]  # beside it lie an optimiser's state and a log
    tensors: dict[str, torch.Tensor] = {}
    plain: dict[str, str] = {}
    room, seen = MAX_PLAIN_CHARACTERS, set()
    for count, (place, leaf) in enumerate(leaves(value)):
        if count > MAX_LEAVES:
            raise ValueError("too many values")
        if isinstance(leaf, torch.Tensor):
            tensors[place] = alone(leaf, seen)
        elif isinstance(leaf, str | int | float | bool) and len(text := json.dumps(leaf)) < room:
            plain[place] = text
            room -= len(text) + len(place)
    return tensors, plain


def leaves(value: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(value, InertParameters):
        value = value.state.get("_parameters", {}) if isinstance(value.state, dict) else {}
    if isinstance(value, list | tuple):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        yield place, value
        return
    if depth >= MAX_DEPTH:
        raise ValueError("nested too deeply")
    for key, each in value.items():
        if isinstance(key, str | int):
            yield from leaves(each, f"{place}/{key}" if place else str(key), depth + 1)


def alone(tensor: torch.Tensor, seen: set[int]) -> torch.Tensor:
    """A tensor that shares its memory with no other, as the format wants it."""
    if tensor.layout != torch.strided or tensor.is_quantized:
        raise ValueError("not a plain tensor")
    tensor = tensor.detach()
    memory = tensor.untyped_storage()
    shared = memory.data_ptr() in seen or memory.nbytes() != tensor.nbytes
    seen.add(memory.data_ptr())
    return tensor.clone().contiguous() if shared else tensor.contiguous()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
