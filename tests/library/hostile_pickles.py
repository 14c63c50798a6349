"""Pickles that would run a program, exhaust the machine, or are not what they say."""

from __future__ import annotations

import builtins
import io
import os
import pickle
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch


class Call:
    """Pickles as a call, which an ordinary load of the file would make."""

    def __init__(self, function: Callable, *arguments: object) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple:
        return self._call


def pickles(marker: Path) -> dict[str, bytes]:
    """File contents by what they are; each tries to create `marker` where it can."""
    touch = f"touch {marker}"
    code = f"open({str(marker)!r}, 'w').close()"
    calls: dict[str, Any] = {
        "os.system": Call(os.system, touch),
        "subprocess": Call(subprocess.Popen, ["touch", str(marker)]),
        "eval": Call(builtins.eval, code),
        "rmtree": Call(shutil.rmtree, str(marker.parent)),
        "beside weights": {"state_dict": {"a": torch.zeros(2)}, "x": Call(os.system, touch)},
        "as a key": {"a": torch.zeros(2), "b": {"c": [Call(os.system, touch)]}},
        "whole module": torch.nn.Linear(2, 2),
    }
    found = {f"saved {name}": saved(value) for name, value in calls.items()}
    found["bare os.system"] = pickle.dumps(calls["os.system"])
    found["protocol 0"] = pickle.dumps(calls["os.system"], protocol=0)
    found["hand-made"] = f"cos\nsystem\n(S'{touch}'\ntR.".encode()
    found["legacy torch"] = saved(calls["beside weights"], legacy=True)
    found["lzma in zip"] = rezipped(saved(calls["os.system"]), zipfile.ZIP_LZMA)
    found["deflated bomb"] = rezipped(saved({"a": torch.zeros(50_000_000)}), zipfile.ZIP_DEFLATED)
    found["giant view"] = giant_view()
    found["tar"] = tarred(pickle.dumps(calls["os.system"]))
    return {**found, **_broken()}


def _broken() -> dict[str, bytes]:
    whole = saved({"a": torch.zeros(1000)})
    nested: Any = torch.zeros(1)
    for _ in range(50):
        nested = {"a": nested}
    return {
        "empty": b"",
        "one byte": b"\x80",
        "text": b"This is not a model, it is a page of text.",
        "html": b"<!doctype html><title>404</title>",
        "half": whole[: len(whole) // 2],
        "no end": whole[:-1],
        "no weights": saved({"a": 1, "b": "text"}),
        "only a number": saved(7),
        "nested": saved(nested),
        "sparse": saved({"a": torch.eye(3).to_sparse()}),
        "empty zip": rezipped(None, zipfile.ZIP_STORED),
    }


def saved(value: object, legacy: bool = False) -> bytes:
    memory = io.BytesIO()
    torch.save(value, memory, _use_new_zipfile_serialization=not legacy)
    return memory.getvalue()


def rezipped(content: bytes | None, method: int) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", method) as target:
        if content is not None:
            with zipfile.ZipFile(io.BytesIO(content)) as source:
                for name in source.namelist():
                    target.writestr(name, source.read(name))
    return memory.getvalue()


def giant_view() -> bytes:
    """Eight bytes of storage that say they are four terabytes."""
    return saved({"a": torch.zeros(2).as_strided((2**20, 2**20), (0, 0))})


def tarred(content: bytes) -> bytes:
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as target:
        for name in ("storages", "tensors", "pickle"):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            target.addfile(info, io.BytesIO(content))
    return memory.getvalue()
