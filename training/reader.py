"""Train the scene reader, the judge of painted pictures: ``python -m training.reader``.

A small convolutional classifier that answers the questions of `labels` from a picture. It learns
from rendered scenes only, never from painted ones, blurred, noised and shifted a little, so that
what it says of a painted picture is evidence.
"""

import argparse
from itertools import pairwise

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .budget import Budget
from .data import render_range
from .labels import QUESTIONS, labels
from .lanes import Lanes
from .paths import HELD_OUT, READER, RUNS
from .scenes import wording
from .vae import to_tensor
from .weights import cosine, device_for_training, load_checkpoint, save_checkpoint

SIZE = 96
_CHECKPOINT = RUNS / "reader.pt"
_BATCH, _PEAK = 64, 2e-3


class Reader(nn.Module):
    """Pictures (n, 3, 96, 96) in -1..1 to scores (n, answers) for each question."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 24, 48, 96, 128)
        layers: list[nn.Module] = []
        for into, out in pairwise(widths):
            layers += [nn.Conv2d(into, out, 3, 2, 1), nn.GroupNorm(8, out), nn.SiLU()]
        layers += [nn.Conv2d(128, 128, 3, 1, 1), nn.SiLU(), nn.Conv2d(128, 48, 1), nn.SiLU()]
        # Flattened, not averaged: where a thing stands is one of the questions.
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(48 * 36, 256), nn.SiLU())
        self.heads = nn.ModuleList(nn.Linear(256, len(q.answers)) for q in QUESTIONS)

    def forward(self, x: Tensor) -> list[Tensor]:
        """The score of each answer, one tensor for each question."""
        features = self.body(x)
        return [head(features) for head in self.heads]


def shrink(pictures: np.ndarray) -> np.ndarray:
    """Pictures uint8 (n, h, w, 3) at the reader's size, by area."""
    small = [cv2.resize(p, (SIZE, SIZE), interpolation=cv2.INTER_AREA) for p in pictures]
    return np.stack(small)


def load() -> Reader:
    """The trained reader. FileNotFoundError: it has not been trained."""
    reader = Reader()
    reader.load_state_dict({k: v.float() for k, v in load_file(READER).items()})
    return reader.eval()


@torch.no_grad()
def read(reader: Reader, pictures: np.ndarray) -> list[dict[str, str]]:
    """The answer to each question for each picture, uint8 (n, h, w, 3)."""
    scores = reader(to_tensor(shrink(pictures)))
    best = torch.stack([s.argmax(1) for s in scores], 1).tolist()
    return [{q.name: q.answers[k] for q, k in zip(QUESTIONS, row, strict=True)} for row in best]


def _spoil(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Shift, blur and noise a batch, as painted pictures are softer than rendered ones."""
    dy, dx = rng.integers(-4, 5, 2)
    x = F.pad(x, (4, 4, 4, 4), mode="replicate")
    x = x[..., 4 + dy : 4 + dy + SIZE, 4 + dx : 4 + dx + SIZE]
    if rng.random() < 0.5:
        x = F.interpolate(F.avg_pool2d(x, 2), size=SIZE, mode="bilinear")
    return x + torch.randn_like(x) * float(rng.uniform(0, 0.08))


def _loss_of(reader: Reader, x: Tensor, wanted: Tensor) -> Tensor:
    with torch.autocast(x.device.type, torch.bfloat16):
        scores = [s.float() for s in reader(x)]
    return torch.stack([F.cross_entropy(s, wanted[:, k]) for k, s in enumerate(scores)]).sum()


def accuracy(reader: Reader, first: int, pictures: np.ndarray) -> dict[str, float]:
    """The share right for each question on scenes whose seeds begin at `first`."""
    found = np.array(
        [[q.answers.index(row[q.name]) for q in QUESTIONS] for row in read(reader, pictures)]
    )
    wanted = np.array([labels(wording(first + k, 1)[0]) for k in range(len(pictures))])
    return dict(zip([q.name for q in QUESTIONS], (found == wanted).mean(0).tolist(), strict=True))


class Run:
    """The reader in training, with its optimizer and its scenes, resumed from the checkpoint."""

    def __init__(self, minutes: float, count: int) -> None:
        torch.manual_seed(0)
        self.device = device_for_training()
        self.pictures = shrink(render_range(0, count, 2))
        self.wanted = torch.tensor([labels(wording(seed, 1)[0]) for seed in range(count)])
        self.reader = Reader().to(self.device)
        self.optimizer = torch.optim.AdamW(self.reader.parameters(), _PEAK, weight_decay=0.05)
        state, self.step = load_checkpoint(_CHECKPOINT), 0
        if state:
            self.reader.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]
        self.lanes = Lanes(self.reader)
        self.budget = Budget(minutes, state["spent"] if state else 0)

    def train(self) -> None:
        """Train until the minutes are used up."""
        rng = np.random.default_rng(self.step)
        while not self.budget.over:
            loss = self._learn(rng)
            self.step += 1
            if self.step % 100 == 0:
                print(self.budget.line(self.step, loss=loss), flush=True)
            if self.step % 400 == 0 or self.budget.over:
                save_checkpoint(
                    _CHECKPOINT, model=self.reader.state_dict(), step=self.step,
                    optimizer=self.optimizer.state_dict(), spent=self.budget.spent,
                )  # fmt: skip

    def _learn(self, rng: np.random.Generator) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = cosine(_PEAK, self.budget.share)
        index = rng.integers(0, len(self.pictures), _BATCH)
        x = _spoil(to_tensor(self.pictures[index]), rng).to(self.device)
        wanted = self.wanted[index].to(self.device)
        parts = zip(x.chunk(self.lanes.count), wanted.chunk(self.lanes.count), strict=True)
        self.optimizer.zero_grad()
        loss = self.lanes.backward(_loss_of, list(parts))
        self.optimizer.step()
        return loss


def export(reader: Reader) -> None:
    """Save the reader in half precision beside the family."""
    READER.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in reader.state_dict().items()}, READER)


def main() -> None:
    """Train, or go on training, and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--scenes", type=int, default=5_000)
    args = parser.parse_args()
    run = Run(args.minutes, args.scenes)
    run.train()
    export(run.reader.cpu())
    first = HELD_OUT + 100_000
    for name, share in accuracy(load(), first, render_range(first, 400, 2)).items():
        print(f"{name:18s} {share:.1%}")


if __name__ == "__main__":
    main()
