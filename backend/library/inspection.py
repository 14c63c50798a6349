"""What a file is and why, in lines for a terminal; reads a header, never a weight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from backend.errors import ModelError
from backend.library.families import CONTENTS, content_of
from backend.library.header import Header, read_header
from backend.library.telling import PICKLES, tell, weight_file

_PARTS = {
    "model.diffusion_model.": "noise predictor",
    "first_stage_model.": "VAE",
    "cond_stage_model.": "text encoder",
    "model_ema.": "EMA copies (not read)",
    "depth_model.": "depth estimator",
}
_USED_ALONE = ("vae", "lora", "embedding")
_MAX_SHOWN = 12


def inspect(path: Path) -> Iterator[str]:
    """Describe a file or a diffusers folder, a line at a time.

    Raises `ModelError` with the sentence that says why it cannot be used.
    """
    if not path.exists():
        raise ModelError(f"There is no “{path.name}”.")
    yield f"{_plain(path.name)}: {_size(path)}"
    if not (path.is_dir() or path.suffix.lower() in PICKLES):
        header = read_header(path)
        yield from _describe_file(header)
        if content_of(header) in _USED_ALONE:
            return
    finding = tell(path)
    spec, why = finding.spec, finding.reasons
    for label in ("family", "kind", "prediction"):
        yield f"  {label}: {getattr(spec, label)}, as {why.get(label) or why['all']}"
    yield f"  native size: {spec.native_size} x {spec.native_size} pixels"


def _describe_file(header: Header) -> Iterator[str]:
    yield f"  content: {CONTENTS[content_of(header)]}"
    formats = Counter(entry.dtype for entry in header.entries.values())
    shown = ", ".join(f"{count:,} in {name}" for name, count in formats.most_common())
    yield f"  tensors: {shown or 'none'}"
    for prefix, part in _PARTS.items():
        count = sum(name.startswith(prefix) for name in header.entries)
        if count:
            yield f"  {part}: {count:,} tensors"
    for key in sorted(header.metadata)[:_MAX_SHOWN]:
        yield f"  metadata: {_plain(key)} = {_plain(header.metadata[key])}"


def _plain(text: str) -> str:
    """Text from a file, made harmless for a terminal and short."""
    printable = "".join(each if each.isprintable() else "?" for each in text)
    return printable if len(printable) <= 80 else printable[:77] + "..."


def _size(path: Path) -> str:
    if path.is_dir():
        return f"a diffusers folder, noise predictor of {weight_file(path).stat().st_size:,} bytes"
    return f"{path.stat().st_size:,} bytes"
