"""Where training reads and writes."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
RUNS = ROOT / "training" / "runs"
STORYBOOK = ROOT / "models" / "bundled" / "storybook"

# Scenes with seeds from here on are never trained on.
HELD_OUT = 10_000_000
READER = ROOT / "models" / "bundled" / "reader" / "reader.safetensors"
