"""Where the pictures are computed and in which number format, chosen by what runs fast here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from backend.errors import AtelierError

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
DEVICES = ("auto", "cpu", "cuda", "mps")
# Half precision costs a little accuracy, and a choice near the edge would differ from one start to
# the next and change pixels: it has to pay clearly. Where a CPU has bf16 units it is about twice as
# fast, and where it has none several times slower, so that the measurement is never near the edge.
WORTHWHILE_SPEEDUP = 1.3


@dataclass(frozen=True)
class Device:
    """A device and a number format; `label` is for the artist, such as "CPU bf16"."""

    device: torch.device
    dtype: torch.dtype

    @property
    def label(self) -> str:
        short = next(name for name, dtype in DTYPES.items() if dtype == self.dtype)
        return f"{self.device.type.upper()} {short}"


def choose_device(device: str = "auto", dtype: str = "auto") -> Device:
    """The device and number format to paint with.

    `device` is "auto", "cpu", "cuda" or "mps"; `dtype` is "auto", "fp32", "bf16" or "fp16". "auto"
    prefers a GPU and measures number formats (about a tenth of a second). Raises `AtelierError`
    for a choice this machine does not have.
    """
    if device not in DEVICES:
        raise AtelierError(f"There is no device “{device}”; choose {', '.join(DEVICES)}.")
    if dtype not in ("auto", *DTYPES):
        raise AtelierError(f"There is no number format “{dtype}”; choose auto, fp32, bf16 or fp16.")
    chosen = torch.device(_fastest_kind() if device == "auto" else _present(device))
    if dtype != "auto":
        return Device(chosen, _possible(chosen, dtype))
    return Device(chosen, _fastest_dtype(chosen))


def memory(device: torch.device) -> tuple[int, int]:
    """Bytes in use and bytes in all, of the memory that the device computes in."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return total - free, total
    return _main_memory()


def _main_memory() -> tuple[int, int]:
    """As Linux tells it; where there is no /proc, only the total is known, and used is 0."""
    try:
        rows = (row.split() for row in Path("/proc/meminfo").read_text().splitlines())
        kilobytes = {row[0]: int(row[1]) for row in rows}
    except OSError:
        pages = os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
        return 0, pages * os.sysconf("SC_PAGE_SIZE") if pages else 0
    total = kilobytes["MemTotal:"] * 1024
    return total - kilobytes["MemAvailable:"] * 1024, total


def _fastest_kind() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _present(kind: str) -> str:
    there = {
        "cpu": lambda: True,
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if not there[kind]():
        raise AtelierError(f"This machine has no {kind} device that PyTorch can use; choose cpu.")
    return kind


def _possible(device: torch.device, dtype: str) -> torch.dtype:
    if device.type == "cpu" and dtype == "fp16":
        raise AtelierError("fp16 is for GPUs; on the CPU choose bf16, fp32 or auto.")
    if device.type == "cuda" and dtype == "bf16" and not torch.cuda.is_bf16_supported():
        raise AtelierError("This GPU has no bf16; choose fp16, fp32 or auto.")
    return DTYPES[dtype]


def _fastest_dtype(device: torch.device) -> torch.dtype:
    """bf16 or fp16 where it is clearly faster than fp32; bf16 first, as nothing overflows in it."""
    if device.type == "mps":
        return torch.float16
    native_bf16 = device.type == "cpu" or torch.cuda.is_bf16_supported(including_emulation=False)
    half = torch.bfloat16 if native_bf16 else torch.float16
    plain = _probe_seconds(device, torch.float32)
    return half if _probe_seconds(device, half) * WORTHWHILE_SPEEDUP < plain else torch.float32


def _probe_seconds(device: torch.device, dtype: torch.dtype) -> float:
    """The best time of a convolution and a matrix product of the sizes that a U-Net has."""
    pixels = torch.ones(2, 192, 32, 32, device=device, dtype=dtype)
    pixels = pixels.to(memory_format=torch.channels_last)
    kernel = torch.ones(192, 192, 3, 3, device=device, dtype=dtype)
    rows = torch.ones(1024, 640, device=device, dtype=dtype)
    columns = torch.ones(640, 640, device=device, dtype=dtype)

    def work() -> None:
        torch.nn.functional.conv2d(pixels, kernel, padding=1)
        torch.matmul(rows, columns)
        synchronize(device)

    with torch.inference_mode():
        return _best_seconds(work)


def _best_seconds(work: Callable[[], None], rounds: int = 8) -> float:
    work()  # the first run builds kernels
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all its work, so that a clock read afterwards means it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
