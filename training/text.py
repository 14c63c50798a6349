"""Train the text tower, first and alone: ``python -m training.text --minutes 7``.

CLIPTextModel reads captions; one attention-pooled head for each question about the scene must
find its answer in the token states, so that colour stays bound to its thing and side. Trained
together with the noise predictor from scratch, the tower learns nothing useful. Only tokens that
captions use are trained; all others get a zero embedding and are sprinkled in as noise, so that
words the model does not know do no harm.
"""

import argparse
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from .budget import Budget
from .labels import QUESTIONS, labels
from .lanes import Lanes
from .paths import HELD_OUT, RUNS, STORYBOOK
from .scenes import wording
from .weights import cosine, device_for_training, load_checkpoint, save_checkpoint

WIDTH, LAYERS, LENGTH = 160, 4, 77
_CHECKPOINT = RUNS / "text.pt"
_BATCH, _PEAK = 48, 1.2e-3
_UNKNOWN = 0  # the compact number of every token that captions do not use


class Vocabulary:
    """Between CLIP's 49408 token numbers and the few hundred that captions use."""

    def __init__(self, tokenizer: CLIPTokenizer, sample_size: int = 12_000) -> None:
        self.tokenizer = tokenizer
        texts = [text for seed in range(sample_size) for text in wording(seed)[1]]
        used = {number for ids in tokenizer(texts).input_ids for number in ids}
        self.used = sorted(used)  # the start and end tokens, the largest, come last
        self.size = len(self.used) + 1
        self.compact = np.zeros(len(tokenizer), np.int64)
        self.compact[self.used] = np.arange(1, self.size)

    def encode(
        self, texts: list[str], rng: np.random.Generator, sprinkle: float
    ) -> list[list[int]]:
        """Compact token numbers, with unknown ones put into this share of the texts."""
        rows = [self.compact[ids] for ids in self.tokenizer(texts).input_ids]
        return [self._sprinkle(row, rng) if rng.random() < sprinkle else list(row) for row in rows]

    def pad(self, rows: list[list[int]], length: int) -> Tensor:
        """Rows cut or filled with the end token to this length, (n, length)."""
        end = self.size - 1
        return torch.tensor(
            [[*row[: length - 1], *[end] * max(length - len(row), 1)] for row in rows]
        )

    @staticmethod
    def _sprinkle(row: np.ndarray, rng: np.random.Generator) -> list[int]:
        out = list(row)
        for _ in range(int(rng.choice([1, 3, 6, 20]))):
            out.insert(int(rng.integers(1, len(out))), _UNKNOWN)
        return out


class Heads(nn.Module):
    """One query for each question, which looks over the token states, and one linear answer."""

    def __init__(self) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(len(QUESTIONS), WIDTH) * WIDTH**-0.5)
        self.keys = nn.Linear(WIDTH, WIDTH, bias=False)
        self.answers = nn.ModuleList(nn.Linear(WIDTH, len(q.answers)) for q in QUESTIONS)

    def forward(self, states: Tensor) -> list[Tensor]:
        """Answer scores (n, answers) for each question, from states (n, length, width)."""
        attention = (self.keys(states) @ self.queries.T).softmax(1)
        pooled = attention.transpose(1, 2) @ states
        return [answer(pooled[:, k]) for k, answer in enumerate(self.answers)]


def build(vocabulary_size: int, end: int) -> CLIPTextModel:
    """The text tower for this many tokens; CLIP's own activation and causal attention."""
    config = CLIPTextConfig(
        vocab_size=vocabulary_size, hidden_size=WIDTH, intermediate_size=4 * WIDTH,
        num_hidden_layers=LAYERS, num_attention_heads=4, max_position_embeddings=LENGTH,
        projection_dim=WIDTH, bos_token_id=end - 1, eos_token_id=end, pad_token_id=end,
    )  # fmt: skip
    return CLIPTextModel(config)


class Reading(nn.Module):
    """The tower with its heads, and the loss of a batch of scenes that are never painted."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.tower: Any = build(vocabulary.size, vocabulary.size - 1)
        self.heads = Heads()
        nn.init.zeros_(self.tower.get_input_embeddings().weight[_UNKNOWN])

    def forward(self, tokens: Tensor) -> list[Tensor]:
        """Scores for each question from compact tokens (n, length)."""
        return self.heads(self.tower(tokens).last_hidden_state)


def loss_of(reading: Reading, tokens: Tensor, wanted: Tensor) -> Tensor:
    """The cross-entropies of all questions, summed."""
    with torch.autocast(tokens.device.type, torch.bfloat16):
        scores = [s.float() for s in reading(tokens)]
    return torch.stack([F.cross_entropy(s, wanted[:, k]) for k, s in enumerate(scores)]).sum()


def _batch(vocabulary: Vocabulary, step: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Tokens (n, length) and answers (n, questions); every fifth batch has the full length."""
    first, rng = 1_000_000 + step * _BATCH, np.random.default_rng([7, step])
    scenes = [wording(seed, 1) for seed in range(first, first + _BATCH)]
    rows = vocabulary.encode([texts[0] for _, texts in scenes], rng, sprinkle=0.3)
    length = LENGTH if step % 5 == 0 else min(max(map(len, rows)) + 1, 40)
    wanted = torch.tensor([labels(a) for a, _ in scenes])
    return vocabulary.pad(rows, length).to(device), wanted.to(device)


def _loop(reading: Reading, optimizer, vocabulary: Vocabulary, budget: Budget, step: int) -> None:
    device, lanes = next(reading.parameters()).device, Lanes(reading)
    while not budget.over:
        for group in optimizer.param_groups:
            group["lr"] = cosine(_PEAK, budget.share)
        tokens, wanted = _batch(vocabulary, step, device)
        parts = zip(tokens.chunk(lanes.count), wanted.chunk(lanes.count), strict=True)
        optimizer.zero_grad()
        loss = lanes.backward(loss_of, list(parts))
        reading.tower.get_input_embeddings().weight.grad[_UNKNOWN] = 0
        torch.nn.utils.clip_grad_norm_(reading.parameters(), 1.0)
        optimizer.step()
        step += 1
        if step % 50 == 0:
            print(budget.line(step, loss=loss), flush=True)
        if step % 200 == 0 or budget.over:
            save_checkpoint(
                _CHECKPOINT, model=reading.state_dict(), optimizer=optimizer.state_dict(),
                step=step, spent=budget.spent,
            )  # fmt: skip


@torch.no_grad()
def accuracy(reading: Reading, vocabulary: Vocabulary, scenes: int = 1500) -> dict[str, float]:
    """The share right on held-out captions, of those answers that the caption says outright."""
    device = next(reading.parameters()).device
    right: dict[str, list[float]] = {}
    for first in range(HELD_OUT, HELD_OUT + scenes, _BATCH):
        pairs = [wording(seed, 1) for seed in range(first, first + _BATCH)]
        texts = [t[0] for _, t in pairs]
        rows = vocabulary.encode(texts, np.random.default_rng(first), 0)
        scores = reading(vocabulary.pad(rows, LENGTH).to(device))
        wanted = torch.tensor([labels(a) for a, _ in pairs])
        for k, question in enumerate(QUESTIONS):
            best = scores[k].argmax(1).cpu()
            group = question.name.split()[-1]
            for row, text in enumerate(texts):
                answer = question.answers[int(wanted[row, k])]
                if answer in text.replace("center", "middle").replace("centre", "middle"):
                    right.setdefault(group, []).append(float(best[row] == wanted[row, k]))
    return {name: sum(values) / len(values) for name, values in right.items()}


def export(model: CLIPTextModel, vocabulary: Vocabulary) -> None:
    """Save with CLIP's whole vocabulary, in half precision; tokens never seen are zero."""
    end = len(vocabulary.tokenizer) - 1
    whole = build(end + 1, end)
    state = model.state_dict()
    name = next(key for key in state if key.endswith("token_embedding.weight"))
    table = torch.zeros(end + 1, WIDTH)
    table[vocabulary.used] = state[name][1:].float().cpu()
    whole.load_state_dict({**state, name: table})
    whole.half().save_pretrained(STORYBOOK / "text_encoder")


def train(minutes: float) -> None:
    """Train for this many minutes in all, then measure and export."""
    device = device_for_training()
    torch.manual_seed(0)
    vocabulary = Vocabulary(CLIPTokenizer.from_pretrained(STORYBOOK / "tokenizer"))
    print(f"{vocabulary.size - 1} tokens are used in captions", flush=True)
    reading = Reading(vocabulary).to(device)
    optimizer = torch.optim.AdamW(reading.parameters(), _PEAK, betas=(0.9, 0.98), weight_decay=0.01)
    state = load_checkpoint(_CHECKPOINT)
    if state:
        reading.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    budget = Budget(minutes, state["spent"] if state else 0)
    _loop(reading, optimizer, vocabulary, budget, state["step"] if state else 0)
    right = accuracy(reading.eval(), vocabulary)
    print({name: round(share, 3) for name, share in right.items()}, flush=True)
    export(reading.tower, vocabulary)


def main() -> None:
    """Train, or go on training, and export to the bundled family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=7)
    train(parser.parse_args().minutes)


if __name__ == "__main__":
    main()
