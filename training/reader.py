"""Train the scene reader, the judge of painted pictures: ``python -m training.reader``.

A small convolutional classifier that answers the questions of `labels` from a picture. It learns
what stands in each cell of the picture, of which scenes know the truth, and then each question
looks for itself: it has a query of its own, which finds the places that answer it. The reader
learns from rendered scenes only, never from painted ones, blurred, noised and shifted a little, so
that what it says of a painted picture is evidence.
"""

import argparse

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .data import ALL_COLOURS, CELLS, render_range, things_range
from .labels import QUESTIONS, labels
from .loop import Plan, Training
from .paths import HELD_OUT, READER
from .scenes import wording
from .scenes.attributes import KINDS
from .vae import to_tensor
from .weights import device_for_training

SIZE = 128
_WIDTH, _SHIFT = 128, 6
# What may stand in a cell: a kind or none, and one of all colours or none.
_MAPS = (len(KINDS) + 1, len(ALL_COLOURS) + 1)


class Block(nn.Module):
    """Two convolutions beside an identity: (n, width, h, w) to the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, width, 3, 1, 1),
            nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, width, 3, 1, 1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """The features with what the two convolutions add."""
        return x + self.change(x)


class Looks(nn.Module):
    """For each question a look over the features, and an answer from what it saw there.

    A place that stands for "nowhere" takes the look of a question whose thing is not there.
    """

    def __init__(self) -> None:
        super().__init__()
        count = len(QUESTIONS)
        self.place = nn.Parameter(0.02 * torch.randn(CELLS * CELLS, _WIDTH))
        self.nowhere = nn.Parameter(0.02 * torch.randn(1, 1, _WIDTH))
        self.norm = nn.LayerNorm(_WIDTH)
        self.keys = nn.Linear(_WIDTH, _WIDTH)
        self.queries = nn.Parameter(torch.randn(count, _WIDTH) * _WIDTH**-0.5)
        # A small network of its own for each question, all computed at once.
        self.inner = nn.Parameter(torch.randn(count, _WIDTH, _WIDTH // 2) * _WIDTH**-0.5)
        self.bias = nn.Parameter(torch.zeros(count, _WIDTH // 2))
        self.answers = nn.ModuleList(nn.Linear(_WIDTH // 2, len(q.answers)) for q in QUESTIONS)

    def forward(self, features: Tensor) -> list[Tensor]:
        """Scores (n, answers) for each question from features (n, width, cells, cells)."""
        seen = features.flatten(2).transpose(1, 2) + self.place
        seen = self.norm(torch.cat([seen, self.nowhere.expand(len(seen), -1, -1)], 1))
        attention = (self.keys(seen) @ self.queries.T).softmax(1)
        found = attention.transpose(1, 2) @ seen
        inner = F.silu(torch.einsum("nqw,qwv->nqv", found, self.inner) + self.bias)
        return [answer(inner[:, k]) for k, answer in enumerate(self.answers)]


class Reader(nn.Module):
    """Pictures (n, 3, 128, 128) in -1..1 to scores (n, answers) for each question."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 64, 7, 4, 3), Block(64), nn.GroupNorm(8, 64), nn.SiLU(),
            nn.Conv2d(64, _WIDTH, 3, 2, 1), Block(_WIDTH), Block(_WIDTH),
        )  # fmt: skip
        self.cells = nn.Conv2d(_WIDTH, sum(_MAPS), 1)
        self.known = nn.Conv2d(sum(_MAPS), _WIDTH, 1)
        self.looks = Looks()

    def forward(self, x: Tensor) -> list[Tensor]:
        """The score of each answer, one tensor for each question."""
        return self.look(x)[0]

    def look(self, x: Tensor) -> tuple[list[Tensor], tuple[Tensor, ...]]:
        """The same, and scores (n, kinds or colours, 16, 16) of what stands in each cell."""
        features = self.body(x)
        maps = self.cells(features).split(_MAPS, 1)
        told = torch.cat([each.softmax(1) for each in maps], 1)
        return self.looks(features + self.known(told)), maps


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
    rows: list[list[int]] = []
    for first in range(0, len(pictures), 50):
        scores = reader(to_tensor(shrink(pictures[first : first + 50])))
        rows += torch.stack([s.argmax(1) for s in scores], 1).tolist()
    return [{q.name: q.answers[k] for q, k in zip(QUESTIONS, row, strict=True)} for row in rows]


class Examples:
    """Rendered scenes at the reader's size with the true answers."""

    def __init__(self, count: int) -> None:
        self.pictures = shrink(render_range(0, count, 2))
        self.things = torch.from_numpy(np.array(things_range(0, count, 2))).long()
        self.wanted = torch.tensor([labels(wording(seed, 1)[0]) for seed in range(count)])

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Tensor, Tensor, Tensor]:
        """Spoilt pictures (n, 3, 128, 128), answers (n, questions), things (n, 2, 16, 16)."""
        index = rng.integers(0, len(self.pictures), n)
        return _spoil(to_tensor(self.pictures[index]), rng), self.wanted[index], self.things[index]


def _spoil(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Shift, blur and noise a batch, as painted pictures are softer than rendered ones."""
    dy, dx = rng.integers(0, 2 * _SHIFT + 1, 2)
    x = F.pad(x, (_SHIFT,) * 4, mode="replicate")[..., dy : dy + SIZE, dx : dx + SIZE]
    if rng.random() < 0.5:
        x = F.interpolate(F.avg_pool2d(x, 2), size=SIZE, mode="bilinear")
    return x + torch.randn_like(x) * float(rng.uniform(0, 0.08))


def _loss_of(reader: Reader, x: Tensor, wanted: Tensor, things: Tensor) -> Tensor:
    """The cross-entropies of all questions and of the cells."""
    with torch.autocast(x.device.type, torch.bfloat16):
        scores, maps = reader.look(x)
    asked = [F.cross_entropy(s.float(), wanted[:, k]) for k, s in enumerate(scores)]
    cells = [F.cross_entropy(m.float(), things[:, k]) for k, m in enumerate(maps)]
    return torch.stack(asked).sum() + 10 * torch.stack(cells).sum()


def accuracy(reader: Reader, first: int, pictures: np.ndarray) -> dict[str, tuple[float, float]]:
    """For each question two shares right: of all scenes, and of those whose answer is not "none".

    The scenes' seeds begin at `first`.
    """
    scores: dict[str, tuple[float, float]] = {}
    found = read(reader, pictures)
    wanted = [labels(wording(first + k, 1)[0]) for k in range(len(pictures))]
    for k, question in enumerate(QUESTIONS):
        true = [question.answers[row[k]] for row in wanted]
        right = [f[question.name] == t for f, t in zip(found, true, strict=True)]
        there = [r for r, t in zip(right, true, strict=True) if t != "none"]
        scores[question.name] = (sum(right) / len(right), sum(there) / max(len(there), 1))
    return scores


def export(reader: nn.Module) -> None:
    """Save the reader in half precision beside the family."""
    READER.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in reader.state_dict().items()}, READER)


def main() -> None:
    """Train, or go on training, export, and measure on held-out scenes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--scenes", type=int, default=12_000)
    parser.add_argument("--held-out", type=int, default=600)
    args = parser.parse_args()
    examples = Examples(args.scenes)
    plan = Plan(name="reader", minutes=args.minutes, batch=32, peak=2e-3, weight_decay=0.05)
    training = Training(Reader().to(device_for_training()), plan)
    export(training.run(examples.draw, _loss_of).cpu())
    first = HELD_OUT + 100_000
    for name, shares in accuracy(load(), first, render_range(first, args.held_out, 2)).items():
        print("{:18s} {:.1%} of all, {:.1%} where there is one".format(name, *shares))


if __name__ == "__main__":
    main()
