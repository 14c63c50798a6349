"""`python -m benchmarks [--quick] [--only NAME] [--rounds N]`: measure and write RESULTS.md."""

from __future__ import annotations

import argparse
from pathlib import Path

import diffusers

from backend.engine.device import choose_device
from benchmarks import painting, through_server
from benchmarks.models import subjects
from benchmarks.report import page

RATIOS = (painting, through_server)
RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    """Measure every ratio on every model and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small pictures, written nowhere")
    parser.add_argument("--only", default="", help="the model whose name begins like this")
    parser.add_argument("--rounds", type=int, help="how often each is timed")
    options = parser.parse_args()

    diffusers.utils.logging.set_verbosity_error()
    chosen = choose_device("cpu")
    ratios = []
    for subject in subjects(options.quick):
        if not subject.name.startswith(options.only):
            continue
        for module in RATIOS:
            for ratio in module.measure(subject, chosen.dtype, options.rounds or subject.rounds):
                print(f"{ratio.model}: {ratio.name}: {ratio.value:.3f}", flush=True)
                ratios.append(ratio)
    if not options.quick:
        RESULTS.write_text(page(ratios, chosen.label), "utf-8")


if __name__ == "__main__":
    main()
