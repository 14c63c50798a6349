"""What the history shows of itself: plain, frozen values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """A finished picture.

    `id` follows from `name` ("YYYY-MM-DD/NNNNN-seed.png") and is larger for a newer picture; it
    fits a JavaScript number. `created` is in unix seconds. `task` is a task's name, such as
    "inpainting". `vae` is the name of a VAE file, "" for the checkpoint's own; `checkpoint_hash` a
    sha256 (64 hex digits), the first 10 of one, or "". `parent` is the id of the picture that this
    one was made from. `deleted`: it lies in the bin. `kept_steps` is the number of steps whose
    previews and latents are kept. `input`, `mask` and `depth_map` are hashes that
    `StudioLike.input_file` takes, or "".
    """

    id: int
    name: str
    infotext: str
    prompt: str
    negative_prompt: str
    width: int
    height: int
    task: str
    checkpoint: str
    checkpoint_hash: str
    vae: str
    seed: int
    created: float
    favourite: bool = False
    parent: int | None = None
    deleted: bool = False
    kept_steps: int = 0
    input: str = ""
    mask: str = ""
    depth_map: str = ""


@dataclass(frozen=True, kw_only=True)
class HistoryQuery:
    """Which pictures to show; an empty field leaves out nothing.

    Every word of `words` must begin a word of the prompt. Days are "YYYY-MM-DD", both included;
    what is no day is left out of account. `deleted` shows the bin's pictures and no others.
    """

    words: str = ""
    checkpoint: str = ""
    task: str = ""
    day_from: str = ""
    day_to: str = ""
    favourites: bool = False
    deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A picture and what was made from it, oldest first."""

    entry: HistoryEntry
    children: tuple[Branch, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """Where a picture came from (`ancestors`, the first one first) and what came of it."""

    entry: HistoryEntry
    ancestors: tuple[HistoryEntry, ...] = ()
    descendants: tuple[Branch, ...] = ()
