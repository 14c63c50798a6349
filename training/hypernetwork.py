"""Train a hypernetwork of the night-neon look: ``python -m training.hypernetwork --minutes 8``.

For each width of what attention attends to, two small networks before its keys and its values, as
A1111 has them, saved in the form that it writes: a `.pt` of plain values and tensors.
"""

import argparse
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from backend.engine.adapters.hypernetwork import attached
from backend.library.adapters.hypernetwork import read_hypernetwork

from .loop import Plan, Training
from .paint import grid
from .paths import HYPERNETWORK, RUNS
from .style_judge import judge
from .styled import StyledExamples
from .styles import neon
from .velocity import base_unet, velocity_loss
from .weights import device_for_training

_LAYERS, _ACTIVATION = (1, 2, 1), "silu"


class Change(nn.Module):
    """One small network: (..., width) to the same, begun so that it adds nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = _LAYERS[1] * width
        last = nn.Linear(inner, width)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.linear = nn.Sequential(nn.Linear(width, inner), nn.SiLU(), last)

    def forward(self, x: Tensor) -> Tensor:
        """The input with what the network adds."""
        return x + self.linear(x)


class Worn(nn.Module):
    """A noise predictor, held still, with the two changes of each width before its attentions."""

    def __init__(self, unet: Any) -> None:
        super().__init__()
        self.unet = unet.requires_grad_(False)
        places = [(name, m) for name, m in unet.named_modules() if isinstance(m, nn.Linear)]
        keys = [(name, m) for name, m in places if name.endswith((".to_k", ".to_v"))]
        widths = sorted({m.in_features for _, m in keys})
        self.changes = nn.ModuleDict(
            {str(width): nn.ModuleList([Change(width), Change(width)]) for width in widths}
        )
        for name, projection in keys:
            pair: Any = self.changes[str(projection.in_features)]
            before = pair[0 if name.endswith(".to_k") else 1]
            unet.set_submodule(name, nn.Sequential(before, projection))

    def forward(self, *inputs: Tensor) -> Any:
        """As the noise predictor itself."""
        return self.unet(*inputs)


def loss_of(worn: Worn, clean: Tensor, states: Tensor) -> Tensor:
    """The velocity's error on pictures in the style."""
    return velocity_loss(worn, clean, states)


def export(worn: Worn, steps: int, path: Path = HYPERNETWORK) -> None:
    """Save in half precision in the layout of A1111's hypernetworks."""
    content: dict[Any, Any] = {
        int(width): tuple(_state(change) for change in pair)  # type: ignore[arg-type]
        for width, pair in worn.changes.items()
    }
    content |= {
        "step": steps, "name": path.stem, "layer_structure": list(_LAYERS),
        "activation_func": _ACTIVATION, "is_layer_norm": False, "weight_initialization": "Normal",
        "use_dropout": False, "sd_checkpoint": None, "sd_checkpoint_name": "storybook",
        "activate_output": False, "last_layer_dropout": False, "optional_info": "Night and neon.",
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(content, path)


def _state(change: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().half().cpu() for name, tensor in change.state_dict().items()}


def wearing(unet: Any, path: Path = HYPERNETWORK) -> AbstractContextManager[None]:
    """A context in which a noise predictor wears the hypernetwork as the program attaches it."""
    return attached(unet, [(read_hypernetwork(path), 1.0)])


def main() -> None:
    """Train, or go on training, export, and measure on held-out prompts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--scenes", type=int, default=1_200)
    parser.add_argument("--judged", type=int, default=24)
    args = parser.parse_args()
    device = device_for_training()
    worn = Worn(base_unet()).to(device)
    examples = StyledExamples(neon, args.scenes, device)
    plan = Plan(name="hypernetwork", minutes=args.minutes, batch=16, peak=1e-3, decay=0.98)
    training = Training(worn, plan)
    training.run(examples.draw, loss_of)
    export(worn, training.step)
    figures, pictures = judge(neon, wearing, args.judged)
    for name, figure in figures.items():
        print(f"{name:28s} {figure:.1%}")
    grid(pictures, 6).save(RUNS / "hypernetwork.jpg", quality=90)


if __name__ == "__main__":
    main()
