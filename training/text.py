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

from .labels import QUESTIONS, labels
from .loop import Plan, Training
from .paths import HELD_OUT, STORYBOOK
from .scenes import wording
from .weights import device_for_training

WIDTH, LAYERS, LENGTH = 160, 4, 77
_BATCH = 48
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
        table = self.tower.get_input_embeddings()
        nn.init.zeros_(table.weight[_UNKNOWN])
        table.padding_idx = _UNKNOWN  # gets no gradient, and so stays zero

    def forward(self, tokens: Tensor) -> list[Tensor]:
        """Scores for each question from compact tokens (n, length)."""
        return self.heads(self.tower(tokens).last_hidden_state)


def loss_of(reading: Reading, tokens: Tensor, wanted: Tensor) -> Tensor:
    """The cross-entropies of all questions, summed."""
    with torch.autocast(tokens.device.type, torch.bfloat16):
        scores = [s.float() for s in reading(tokens)]
    return torch.stack([F.cross_entropy(s, wanted[:, k]) for k, s in enumerate(scores)]).sum()


class Captions:
    """Captions of scenes that are never painted, with the scenes' answers."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Tensor, Tensor]:
        """Tokens (n, length) and answers (n, questions); one batch in five has the full length."""
        scenes = [wording(int(seed), 1) for seed in rng.integers(1_000_000, HELD_OUT, n)]
        rows = self.vocabulary.encode([texts[0] for _, texts in scenes], rng, sprinkle=0.3)
        length = LENGTH if rng.random() < 0.2 else min(max(map(len, rows)) + 1, 40)
        wanted = torch.tensor([labels(a) for a, _ in scenes])
        return self.vocabulary.pad(rows, length), wanted


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
    vocabulary = Vocabulary(CLIPTokenizer.from_pretrained(STORYBOOK / "tokenizer"))
    print(f"{vocabulary.size - 1} tokens are used in captions", flush=True)
    torch.manual_seed(0)
    reading: Any = Reading(vocabulary).to(device_for_training())
    plan = Plan(name="text", minutes=minutes, batch=_BATCH, peak=1.2e-3, weight_decay=0.01)
    reading = Training(reading, plan).run(Captions(vocabulary).draw, loss_of)
    right = accuracy(reading, vocabulary)
    print({name: round(share, 3) for name, share in right.items()}, flush=True)
    export(reading.tower, vocabulary)


def main() -> None:
    """Train, or go on training, and export to the bundled family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=7)
    train(parser.parse_args().minutes)


if __name__ == "__main__":
    main()
