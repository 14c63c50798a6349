"""`python -m benchmarks [--quick] [--only NAME] [--rounds N]`: measure and write RESULTS.md."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import diffusers

from backend.engine.device import Device, choose_device
from benchmarks import history, library, painting, through_server
from benchmarks.models import subjects
from benchmarks.ratio import Ratio
from benchmarks.report import page

RATIOS = (painting, through_server)
ROUNDS = 7  # of what no model's size makes slow
RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    """Measure every ratio on every model and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small pictures, written nowhere")
    names = f"“{library.NAME}” or “{history.NAME}”"
    only = f"the model whose name begins like this, {names}; written nowhere"
    parser.add_argument("--only", default="", help=only)
    parser.add_argument("--rounds", type=int, help="how often each is timed")
    options = parser.parse_args()

    diffusers.utils.logging.set_verbosity_error()
    chosen = choose_device("cpu")
    ratios = []
    for ratio in _measured(options, chosen):
        print(f"{ratio.model}: {ratio.name}: {ratio.value:.3f}", flush=True)
        ratios.append(ratio)
        if not options.quick and not options.only:
            # After each, so that a run that is broken off keeps what it measured.
            RESULTS.write_text(page(ratios, chosen.label), "utf-8")


def _measured(options: argparse.Namespace, device: Device) -> Iterator[Ratio]:
    if library.NAME.startswith(options.only):
        yield from library.measure(device, options.rounds or ROUNDS, options.quick)
    if history.NAME.startswith(options.only):
        yield from history.measure(device, options.rounds or ROUNDS)
    for subject in subjects(options.quick):
        if subject.name.startswith(options.only):
            for module in RATIOS:
                yield from module.measure(subject, device.dtype, options.rounds or subject.rounds)


if __name__ == "__main__":
    main()
