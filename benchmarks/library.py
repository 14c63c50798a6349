"""Loading a checkpoint of SD 1.5's true size: swaps against a plain read, and their memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from backend.engine.components import Components
from backend.engine.device import Device
from backend.library.convert import convert
from backend.library.model_cache import give_back_memory, spare_what_stays
from backend.library.telling import tell
from backend.library.watch import Watch
from backend.models import ModelSpec, VaeSpec
from backend.studio.model_shelf import ModelShelf
from benchmarks.models import BUNDLED
from benchmarks.ratio import Pair, Ratio, Work, compare_all, matrix_product_gflops
from benchmarks.true_size import TRUE_SIZES, PeakMemory, make_folder, make_single_file

NAME = "library"
NO_ROOM = 1  # byte: nothing stays in memory but what was used last
READ_AT_ONCE = 2**22  # bytes
PAGE = 4096  # bytes
PAIRS = (
    Pair(
        name="checkpoint swap, all weights touched / one plain read of the file",
        ours="swap",
        other="read",
        target=2.0,
    ),
    Pair(name="swap back to a checkpoint in memory / swap", ours="back", other="swap", target=0.05),
    Pair(name="VAE swap / checkpoint swap", ours="vae", other="swap", target=0.15),
)


@dataclass(frozen=True)
class Bench:
    """Two checkpoint files of one size, on the device to load for."""

    title: str
    device: Device
    first: ModelSpec
    second: ModelSpec


def measure(device: Device, rounds: int, quick: bool) -> Iterator[Ratio]:
    """All files are read once before, so that they lie in the system's cache."""
    with tempfile.TemporaryDirectory(prefix="atelier-bench-") as folder:
        bench = _prepare(Path(folder), device, quick)
        yield from compare_all(bench.title, _works(bench), PAIRS, rounds=rounds, dtype=device.dtype)
        yield _peak(bench, rounds)


def _prepare(folder: Path, device: Device, quick: bool) -> Bench:
    spare_what_stays()
    title = "storybook, as a file" if quick else "SD 1.5, a file in fp16"
    source = BUNDLED if quick else make_folder(folder / "model", TRUE_SIZES["sd15"])
    make = convert if quick else make_single_file
    names = [folder / f"{name}.safetensors" for name in ("first", "second")]
    for name in names:
        make(source, name)
    specs = [tell(name).spec for name in names]
    give_back_memory()
    return Bench(title, device, specs[0], specs[1])


def _works(bench: Bench) -> dict[str, Work]:
    kept, shelf = ModelShelf(bench.device, 2**40), ModelShelf(bench.device, 2**40, NO_ROOM)
    for spec in (bench.first, bench.second):
        kept.components(spec, None, "", Watch())
    return {
        "swap": _alternately(bench, _swapper(bench)),
        "read": lambda: _plain_read(bench.first.path),
        "back": _alternately(bench, lambda spec: kept.components(spec, None, "", Watch())),
        "vae": _alternately(bench, lambda spec: _swap_vae(bench, shelf, spec)),
    }


def _swapper(bench: Bench) -> Callable[[ModelSpec], None]:
    """Loads a checkpoint, the one before being dropped, and looks at all its weights."""
    shelf = ModelShelf(bench.device, NO_ROOM)

    def swap(spec: ModelSpec) -> None:
        model = shelf.components(spec, None, "", Watch())
        for part in (model.unet, model.vae, model.text_encoder):
            _touch(part)

    return swap


def _swap_vae(bench: Bench, shelf: ModelShelf, source: ModelSpec) -> None:
    vae = VaeSpec(name=source.name, path=source.path, sha256=source.name)
    _touch(shelf.components(bench.first, vae, vae.sha256, Watch()).vae)


def _peak(bench: Bench, rounds: int) -> Ratio:
    """Gigabytes in place of seconds; a new shelf each time, so that nothing is there before."""
    peaks, weights, gflops = [], [], []
    for _ in range(rounds):
        gflops.append(matrix_product_gflops(bench.device.dtype))
        give_back_memory()
        with PeakMemory() as peak:
            model = ModelShelf(bench.device).components(bench.first, None, "", Watch())
        peaks.append(peak.bytes / 1e9)
        weights.append(_bytes(model) / 1e9)
        del model
    return Ratio(
        name="peak memory of a load / the sum of its weights",
        model=bench.title,
        target=1.15,
        ours=peaks,
        other=weights,
        gflops=gflops,
        unit="GB",
    )


def _alternately(bench: Bench, work: Callable[[ModelSpec], object]) -> Work:
    """Each time the other checkpoint, as an artist changes between two."""
    turns = [0]

    def run() -> None:
        turns[0] += 1
        work(bench.second if turns[0] % 2 else bench.first)

    return run


def _touch(network: torch.nn.Module) -> None:
    """Look at every page of every weight, as the first step of a picture does."""
    for weight in network.parameters():
        bytes_of_it = torch.empty(0, dtype=torch.uint8).set_(weight.untyped_storage())
        bytes_of_it[::PAGE].sum()


def _plain_read(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        memory = torch.empty(path.stat().st_size, dtype=torch.uint8).numpy().data
        place = 0
        while count := file.readinto(memory[place : place + READ_AT_ONCE]):
            place += count


def _bytes(model: Components) -> int:
    parts = (model.unet, model.vae, model.text_encoder)
    return sum(weight.nbytes for part in parts for weight in part.parameters())
