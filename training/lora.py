"""Train a LoRA of the paper-cut look: ``python -m training.lora --minutes 8``.

Low-rank changes (Hu et al. 2021) of the attention and the convolutions of the bundled noise
predictor, saved with the names that kohya's trainers give them.
"""

import argparse
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from backend.engine.adapters.low_rank import merged, weight_shapes
from backend.library.adapters.lora import fit_lora, read_lora

from .loop import Plan, Training
from .paint import grid
from .paths import LORA, RUNS
from .style_judge import judge
from .styled import StyledExamples
from .styles import papercut
from .velocity import base_unet, velocity_loss
from .weights import device_for_training

RANK = 8


class LowRank(nn.Module):
    """A layer, held still, with a change of low rank beside it that begins as none."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer
        if isinstance(layer, nn.Conv2d):
            into, out, settings = layer.in_channels, layer.out_channels, {"bias": False}
            place = {"kernel_size": layer.kernel_size, "stride": layer.stride}
            self.down = nn.Conv2d(into, RANK, padding=layer.padding, **place, **settings)  # type: ignore[arg-type]
            self.up = nn.Conv2d(RANK, out, 1, bias=False)
        else:
            self.down = nn.Linear(layer.in_features, RANK, bias=False)
            self.up = nn.Linear(RANK, layer.out_features, bias=False)
        nn.init.zeros_(self.up.weight)

    def forward(self, x: Tensor, *_: Any) -> Tensor:
        """The layer's output and the change."""
        return self.layer(x) + self.up(self.down(x))


def with_low_rank(unet: Any) -> dict[str, LowRank]:
    """Lay a change over every layer that kohya's trainers reach; returns them by module name."""
    unet.requires_grad_(False)
    chosen = [name for name, module in unet.named_modules() if _reached(name, module)]
    changes = {name: LowRank(unet.get_submodule(name)) for name in chosen}
    for name, change in changes.items():
        unet.set_submodule(name, change)
    return changes


def _reached(name: str, module: nn.Module) -> bool:
    """Convolutions and matrices of the blocks; not the first and last layer, nor the time's."""
    inside = name.startswith(("down_blocks", "mid_block", "up_blocks"))
    return inside and isinstance(module, nn.Conv2d | nn.Linear) and "time_emb" not in name


def loss_of(unet: Any, clean: Tensor, states: Tensor) -> Tensor:
    """The velocity's error on pictures in the style."""
    return velocity_loss(unet, clean, states)


def export(changes: dict[str, LowRank], path: Path = LORA) -> None:
    """Save in half precision under kohya's names."""
    tensors = {}
    for name, change in changes.items():
        key = "lora_unet_" + name.replace(".", "_")
        tensors[f"{key}.lora_down.weight"] = change.down.weight.detach().half().contiguous()
        tensors[f"{key}.lora_up.weight"] = change.up.weight.detach().half().contiguous()
        tensors[f"{key}.alpha"] = torch.tensor(float(RANK)).half()
    about = {
        "ss_network_module": "networks.lora", "ss_network_dim": str(RANK),
        "ss_network_alpha": str(float(RANK)), "ss_output_name": path.stem, "ss_v2": "False",
        "ss_base_model_version": "storybook", "ss_sd_model_name": "storybook",
        "modelspec.title": "storybook paper cut", "modelspec.license": "MIT",
        "modelspec.description": "Sheets of coloured paper with white edges and shadows.",
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, about)


def wearing(unet: Any, path: Path = LORA) -> AbstractContextManager[None]:
    """A context in which a noise predictor wears the LoRA as the program lays it on."""
    lora = fit_lora(read_lora(path), weight_shapes(unet), {})
    return merged(unet, [(lora.unet, 1.0)])


def main() -> None:
    """Train, or go on training, export, and measure on held-out prompts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--scenes", type=int, default=1_200)
    parser.add_argument("--judged", type=int, default=24)
    args = parser.parse_args()
    device = device_for_training()
    unet = base_unet()
    changes = with_low_rank(unet)
    examples = StyledExamples(papercut, args.scenes, device)
    plan = Plan(name="lora", minutes=args.minutes, batch=16, peak=2e-3, decay=0.98)
    Training(unet.to(device), plan).run(examples.draw, loss_of)
    export({name: change.cpu() for name, change in changes.items()})
    figures, pictures = judge(papercut, wearing, args.judged)
    for name, figure in figures.items():
        print(f"{name:28s} {figure:.1%}")
    grid(pictures, 6).save(RUNS / "lora.jpg", quality=90)


if __name__ == "__main__":
    main()
