"""Teach the model a word: ``python -m training.inversion --minutes 6``.

Textual inversion (Gal et al. 2022, arXiv:2208.01618): a few vectors that stand for a word are
learnt from pictures of what it means, and the model stays as it is. The word means a harbour: the
sea, with a red lighthouse on the right and a boat with a white sail on the left.
"""

import argparse
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file
from torch import Tensor, nn

from backend.library.adapters.embedding import read_embedding

from .encode import TextStates
from .judge import setting_of
from .loop import Plan, Training
from .paint import grid, paint, pipeline
from .paths import EMBEDDING, HELD_OUT, RUNS, STORYBOOK
from .reader import load, read
from .scenes import Attributes, Thing, render, wording
from .vae import SCALE, to_tensor
from .velocity import base_unet, velocity_loss
from .weights import device_for_training

VECTORS, WORD = 3, EMBEDDING.stem
_LENGTH = 77
_THINGS = (Thing("lighthouse", "red", "right"), Thing("boat", "white", "left"))
_FORMS = ("{}", "a painting of {}", "{}, storybook", "a picture of {}")


def harbour(seed: int) -> Attributes:
    """What the word means, at the time of day and in the season of another scene."""
    a = wording(seed, 1)[0]
    return replace(a, terrain="sea", season=a.season or "summer", things=_THINGS)


class Words(nn.Module):
    """The table of token embeddings, held still, continued by the vectors that are learnt."""

    def __init__(self, table: nn.Embedding, start: Tensor) -> None:
        super().__init__()
        self.table = table
        self.vectors = nn.Parameter(start.clone())

    def forward(self, tokens: Tensor) -> Tensor:
        """Embeddings (n, length, width) of tokens (n, length)."""
        known = self.table.num_embeddings
        old = self.table(tokens.clamp(max=known - 1))
        new = self.vectors[(tokens - known).clamp(min=0)]
        return torch.where((tokens >= known)[..., None], new, old)


class Inversion(nn.Module):
    """The noise predictor and the text tower, held still, and the vectors of the word."""

    def __init__(self, text: TextStates) -> None:
        super().__init__()
        self.unet = base_unet().requires_grad_(False)
        self.tower = text.tower.requires_grad_(False)
        self.tokenizer = text.tokenizer
        table: Any = self.tower.get_input_embeddings()
        near = self.tokenizer("the sea boat lighthouse", add_special_tokens=False).input_ids
        self.tower.set_input_embeddings(Words(table, table.weight[near[-VECTORS:]].detach()))

    @property
    def vectors(self) -> Tensor:
        """What is learnt, (vectors, width)."""
        words: Any = self.tower.get_input_embeddings()
        return words.vectors

    def tokens(self, text: str) -> Tensor:
        """Token numbers (77) of a text in which {} stands for the word."""
        before, after = (
            self.tokenizer(part, add_special_tokens=False).input_ids for part in text.split("{}")
        )
        first = len(self.tokenizer)
        start, end = self.tokenizer.bos_token_id, self.tokenizer.eos_token_id
        row = [start, *before, *range(first, first + VECTORS), *after]
        return torch.tensor(row + [end] * (_LENGTH - len(row)))

    def forward(self, clean: Tensor, tokens: Tensor) -> Tensor:
        """The velocity's error on pictures of what the word means."""
        states = self.tower(tokens).last_hidden_state
        # The noisy steps: the word is to say what stands where.
        return velocity_loss(self.unet, clean, states, lean=0.7)


class Harbours:
    """Latents of harbours, with texts that name their season and hour, the rest by the word."""

    def __init__(self, inversion: Inversion, count: int) -> None:
        self.scenes = [harbour(seed) for seed in range(count)]
        rendered = [render(a, np.random.default_rng(k))[0] for k, a in enumerate(self.scenes)]
        vae: Any = AutoencoderKL.from_pretrained(STORYBOOK / "vae", torch_dtype=torch.float32)
        with torch.no_grad():
            parts = [vae.encode(x).latent_dist.mean for x in to_tensor(np.stack(rendered)).split(8)]
        self.latents, self.inversion = torch.cat(parts) * SCALE, inversion

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Tensor, Tensor]:
        """Latents (n, 4, 32, 32) and tokens (n, 77)."""
        index = rng.integers(0, len(self.scenes), n)
        rows = [self.inversion.tokens(self._text(int(k), rng)) for k in index]
        return self.latents[index], torch.stack(rows)

    def _text(self, k: int, rng: np.random.Generator) -> str:
        form = _FORMS[int(rng.integers(len(_FORMS)))]
        return f"{form} {setting_of(self.scenes[k])}" if rng.random() < 0.7 else form


def loss_of(inversion: Inversion, clean: Tensor, tokens: Tensor) -> Tensor:
    """The loss that `Inversion` computes."""
    return inversion(clean, tokens)


def export(vectors: Tensor) -> None:
    """Save in single precision under the name that A1111 and diffusers know."""
    EMBEDDING.parent.mkdir(parents=True, exist_ok=True)
    save_file({"emb_params": vectors.detach().float().cpu().contiguous()}, EMBEDDING)


def judge(count: int) -> tuple[dict[str, float], np.ndarray]:
    """The shares of painted pictures that show what the word means, with it and without."""
    pipe: Any = pipeline()
    vectors = read_embedding(EMBEDDING).vectors
    pipe.load_textual_inversion({WORD: vectors}, token=WORD)
    scenes = [harbour(seed) for seed in range(HELD_OUT + 800_000, HELD_OUT + 800_000 + count)]
    figures, pictures = {}, np.empty(0)
    for name, what in (("without the word", "the sea"), ("with the word", WORD)):
        prompts = [f"{what} {setting_of(a)}" for a in scenes]
        pictures = paint(pipe, prompts, range(count), size=256)
        found = read(load(), pictures)
        for thing in _THINGS:
            there = [f[f"{thing.kind} side"] == thing.side for f in found]
            figures[f"{thing.kind} on the {thing.side}, {name}"] = float(np.mean(there))
        times = [f["time"] == a.time for f, a in zip(found, scenes, strict=True)]
        figures[f"time of day as asked, {name}"] = float(np.mean(times))
    return figures, pictures


def main() -> None:
    """Train, or go on training, export, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--scenes", type=int, default=240)
    parser.add_argument("--judged", type=int, default=24)
    args = parser.parse_args()
    inversion = Inversion(TextStates(torch.device("cpu")))
    harbours = Harbours(inversion, args.scenes)
    plan = Plan(name="inversion", minutes=args.minutes, batch=12, peak=5e-3, weight_decay=0.0)
    Training(inversion.to(device_for_training()), plan).run(harbours.draw, loss_of)
    export(inversion.vectors)
    figures, pictures = judge(args.judged)
    for name, figure in figures.items():
        print(f"{name:44s} {figure:.1%}")
    grid(pictures, 6).save(RUNS / "inversion.jpg", quality=90)


if __name__ == "__main__":
    main()
