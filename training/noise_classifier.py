"""Train the guide: ``python -m training.noise_classifier --minutes 3``.

A small classifier that tells the season and the time of day from a *noisy* latent and its step
(Dhariwal and Nichol 2021, arXiv:2105.05233). The gradient of its answer can lead the painting of a
picture to a season, which is how it was done before classifier-free guidance.
"""

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .data import render_range
from .decoder import base_vae
from .encode import latents
from .family import scheduler
from .labels import QUESTIONS, labels
from .loop import Plan, Training
from .paths import GUIDE, HELD_OUT
from .scenes import wording
from .vae import SCALE, to_tensor
from .weights import device_for_training

ASKED = ("time", "season")
_NUMBERS = [k for k, q in enumerate(QUESTIONS) if q.name in ASKED]
_ANSWERS = {QUESTIONS[k].name: QUESTIONS[k].answers for k in _NUMBERS}
_WIDTHS = (48, 96, 128)
_WAVES = 32
_SCHEDULE = scheduler()


class NoiseClassifier(nn.Module):
    """Latents (n, 4, h, w) as noisy as at their steps, to scores (n, answers) for each question."""

    def __init__(self) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(2 * _WAVES, 128), nn.SiLU(), nn.Linear(128, 128))
        self.first = nn.Conv2d(4, _WIDTHS[0], 3, 1, 1)
        pairs = zip(_WIDTHS, (*_WIDTHS[1:], _WIDTHS[-1]), strict=True)
        self.levels = nn.ModuleList(Level(into, out) for into, out in pairs)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(2 * _WIDTHS[-1], len(answers)) for name, answers in _ANSWERS.items()}
        )

    def forward(self, latent: Tensor, steps: Tensor) -> dict[str, Tensor]:
        """Scores by the question's name; `steps` (n) are 0 (hardly any noise) to 999."""
        time, x = self.time(_waves(steps)), self.first(latent)
        for level in self.levels:
            x = level(x, time)
        pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
        return {name: head(pooled) for name, head in self.heads.items()}


class Level(nn.Module):
    """Half the size, with what the step says added: (n, into, h, w) to (n, out, h/2, w/2)."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.norm, self.time = nn.GroupNorm(8, into), nn.Linear(128, into)
        self.mix = nn.Conv2d(into, into, 3, 1, 1)
        self.shrink = nn.Conv2d(into, out, 3, 2, 1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """The level's features."""
        shifted = F.silu(self.norm(x) + self.time(time)[:, :, None, None])
        return self.shrink(F.silu(x + self.mix(shifted)))


def _waves(steps: Tensor) -> Tensor:
    """The step as sines and cosines, (n, 64)."""
    rates = torch.exp(torch.linspace(0, -9.2, _WAVES, device=steps.device))
    angle = steps[:, None].float() * rates
    return torch.cat([angle.sin(), angle.cos()], 1)


class Examples:
    """Latents with the true answers."""

    def __init__(self, count: int, device: torch.device) -> None:
        self.latents = torch.from_numpy(latents(256, count, device))
        self.wanted = _wanted(0, count)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Tensor, Tensor]:
        """Clean latents (n, 4, 32, 32) and the numbers of their answers (n, questions)."""
        index = rng.integers(0, len(self.latents), n)
        return self.latents[index].float(), self.wanted[index]


def _wanted(first: int, count: int) -> Tensor:
    rows = [labels(wording(seed, 1)[0]) for seed in range(first, first + count)]
    return torch.tensor(rows)[:, _NUMBERS]


def loss_of(classifier: NoiseClassifier, clean: Tensor, wanted: Tensor) -> Tensor:
    """The cross-entropies of the questions, each latent at a random step."""
    steps = ((torch.arange(len(clean)) + torch.rand(len(clean))) / len(clean) * 1000).long()
    steps = steps.to(clean.device)
    noisy = _SCHEDULE.add_noise(clean, torch.randn_like(clean), steps)  # type: ignore[arg-type]
    with torch.autocast(clean.device.type, torch.bfloat16):
        scores = classifier(noisy, steps)
    return torch.stack(
        [F.cross_entropy(scores[name].float(), wanted[:, k]) for k, name in enumerate(_ANSWERS)]
    ).sum()


def export(classifier: nn.Module) -> None:
    """Save in half precision, with the answers in their order as metadata."""
    GUIDE.parent.mkdir(parents=True, exist_ok=True)
    state = {name: each.half().contiguous() for name, each in classifier.state_dict().items()}
    save_file(state, GUIDE, {name: ",".join(answers) for name, answers in _ANSWERS.items()})


def load() -> NoiseClassifier:
    """The trained classifier. FileNotFoundError: it has not been trained."""
    classifier = NoiseClassifier()
    classifier.load_state_dict({k: v.float() for k, v in load_file(GUIDE).items()})
    return classifier.eval()


@torch.no_grad()
def accuracy(classifier: NoiseClassifier, step: int, count: int) -> dict[str, float]:
    """The share of held-out scenes told right when noised up to a step."""
    first, vae = HELD_OUT + 300_000, base_vae()
    parts = to_tensor(render_range(first, count, 2)).split(8)
    clean = torch.cat([vae.encode(x).latent_dist.mean for x in parts]) * SCALE
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(step))
    steps = torch.full((count,), step)
    scores = classifier(_SCHEDULE.add_noise(clean, noise, steps), steps)  # type: ignore[arg-type]
    wanted = _wanted(first, count)
    return {
        name: float((scores[name].argmax(1) == wanted[:, k]).float().mean())
        for k, name in enumerate(_ANSWERS)
    }


def main() -> None:
    """Train, or go on training, export, and measure by noise level on held-out scenes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--scenes", type=int, default=12_000)
    args = parser.parse_args()
    device = device_for_training()
    examples = Examples(args.scenes, device)
    plan = Plan(name="guide", minutes=args.minutes, batch=64, peak=2e-3)
    export(Training(NoiseClassifier().to(device), plan).run(examples.draw, loss_of).cpu())
    classifier = load()
    for step in (0, 200, 400, 600, 700, 800, 900, 999):
        right = accuracy(classifier, step, 160)
        print(
            f"step {step:4d}  " + "  ".join(f"{name} {share:.1%}" for name, share in right.items())
        )


if __name__ == "__main__":
    main()
