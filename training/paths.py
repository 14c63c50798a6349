"""Where training reads and writes."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
RUNS = ROOT / "training" / "runs"
MODELS = ROOT / "models"
BUNDLED = MODELS / "bundled"
STORYBOOK = BUNDLED / "storybook"
DEPTH = BUNDLED / "storybook-depth"
INPAINT = BUNDLED / "storybook-inpaint"
DPT = BUNDLED / "dpt"
READER = BUNDLED / "reader" / "reader.safetensors"
GUIDE = BUNDLED / "guide" / "guide.safetensors"
FINE_VAE = MODELS / "vae" / "storybook-fine.safetensors"
LORA = MODELS / "loras" / "storybook-papercut.safetensors"
HYPERNETWORK = MODELS / "hypernetworks" / "storybook-neon.pt"
EMBEDDING = MODELS / "embeddings" / "storybook-harbour.safetensors"

# Scenes with seeds from here on are never trained on.
HELD_OUT = 10_000_000
