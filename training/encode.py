"""What the noise predictor learns from, computed once: latents of pictures, states of captions."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from .data import render_range
from .lanes import thread_pool
from .paths import RUNS, STORYBOOK
from .scenes import wording
from .vae import SCALE, to_tensor

WORDINGS = 3
_LENGTH = 77


def latents(size: int, count: int, device: torch.device) -> np.ndarray:
    """Latents float16 (count, 4, size/8, size/8), variance about 1, of seeds 0 .. count - 1.

    `size` is 256 or 128 pixels; the smaller pictures are the larger ones averaged 2x2.
    """
    path = RUNS / f"latents-{size}-{count}.npy"
    if not path.exists():
        pictures = render_range(0, count, 2)
        vae: Any = AutoencoderKL.from_pretrained(STORYBOOK / "vae", torch_dtype=torch.bfloat16)
        vae.to(device, memory_format=torch.channels_last)
        chunks = [pictures[i : i + 8] for i in range(0, count, 8)]
        with thread_pool(device) as pool:
            encoded = pool.map(lambda chunk: _encode(vae, chunk, size), chunks)
            _save(path, np.concatenate(list(_told(encoded, count))))
    return np.load(path)


@torch.no_grad()
def _encode(vae: Any, pictures: np.ndarray, size: int) -> np.ndarray:
    x = F.adaptive_avg_pool2d(to_tensor(pictures), size)
    x = x.to(vae.device, torch.bfloat16, memory_format=torch.channels_last)
    return (vae.encode(x).latent_dist.mean.float() * SCALE).half().cpu().numpy()


def _told(chunks, count: int):
    """Pass chunks on, with a line now and then of how many there were."""
    done = 0
    for chunk in chunks:
        yield chunk
        done += len(chunk)
        if done % 512 < len(chunk):
            print(f"encoded {done} of {count}", flush=True)


class TextStates:
    """Captions as the frozen text tower sees them: (77, width) for each."""

    def __init__(self, device: torch.device) -> None:
        self.tokenizer = CLIPTokenizer.from_pretrained(STORYBOOK / "tokenizer")
        tower: Any = CLIPTextModel.from_pretrained(STORYBOOK / "text_encoder")
        self.tower = tower.float().to(device)
        table = self.tower.get_input_embeddings().weight
        self._unknown = np.flatnonzero((table == 0).all(1).cpu().numpy())

    @torch.no_grad()
    def of(self, texts: list[str], rng: np.random.Generator | None = None) -> Tensor:
        """States (n, 77, width); with a generator, unknown words are strewn into some texts."""
        rows = [list(ids) for ids in self.tokenizer(texts, truncation=True).input_ids]
        if rng is not None:
            rows = [self._strew(row, rng) for row in rows]
        end = self.tokenizer.eos_token_id
        tokens = torch.tensor([[*row, *[end] * (_LENGTH - len(row))] for row in rows])
        return self.tower(tokens.to(self.tower.device)).last_hidden_state

    def _strew(self, row: list[int], rng: np.random.Generator) -> list[int]:
        if rng.random() < 0.15:
            for number in rng.choice(self._unknown, int(rng.choice([1, 3, 8]))):
                row.insert(int(rng.integers(1, len(row))), int(number))
        return row[: _LENGTH - 1] + row[-1:] if len(row) > _LENGTH else row


def caption_states(count: int, device: torch.device) -> np.ndarray:
    """States float16 (count, 3, 77, width) of three wordings for each seed below `count`."""
    path = RUNS / f"states-{count}.npy"
    if not path.exists():
        tower, rng = TextStates(device), np.random.default_rng(3)
        rows = []
        for seeds in _told((range(i, min(i + 16, count)) for i in range(0, count, 16)), count):
            texts = [text for seed in seeds for text in wording(seed, WORDINGS)[1]]
            states = tower.of(texts, rng).half().cpu().numpy()
            rows.append(states.reshape(len(seeds), WORDINGS, *states.shape[1:]))
        _save(path, np.concatenate(rows))
    return np.load(path, mmap_mode="r")


def _save(path: Path, array: np.ndarray) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.save(file, array)
    partial.replace(path)
