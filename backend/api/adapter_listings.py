"""The adapters that prompts may name, in the shapes that A1111's clients read.

What they say beyond the name comes from a safetensors file's header; a pickle is not opened for it.
"""

from __future__ import annotations

from typing import Any

from backend.errors import ModelError
from backend.library.header import Header, read_header
from backend.studio.views import AdapterFile, StudioLike

_NOTHING = Header(entries={}, metadata={}, data_start=0)


def loras(studio: StudioLike) -> list[dict[str, Any]]:
    """GET loras; a file's place on this machine is told by its name alone."""
    return [_lora(each) for each in studio.adapters() if each.kind == "LoRA"]


def hypernetworks(studio: StudioLike) -> list[dict[str, Any]]:
    """GET hypernetworks."""
    found = (each for each in studio.adapters() if each.kind == "hypernetwork")
    return [{"name": each.name, "path": each.path.name} for each in found]


def embeddings(studio: StudioLike) -> dict[str, Any]:
    """GET embeddings; sizes are 0 where they are not known.

    Whether one fits is told where it is used, since models come and go: none is "skipped" here.
    """
    found = (each for each in studio.adapters() if each.kind == "embedding")
    return {"loaded": {each.name: _embedding(each) for each in found}, "skipped": {}}


def _lora(file: AdapterFile) -> dict[str, Any]:
    metadata = _header(file).metadata
    alias = metadata.get("ss_output_name", file.name)
    return {"name": file.name, "alias": alias, "path": file.path.name, "metadata": metadata}


def _embedding(file: AdapterFile) -> dict[str, Any]:
    shapes = [shape for shape in _header(file).shapes.values() if len(shape) == 2]
    vectors, width = shapes[0] if shapes else (0, 0)
    return {
        "step": None,
        "sd_checkpoint": None,
        "sd_checkpoint_name": None,
        "shape": width,
        "vectors": vectors,
    }


def _header(file: AdapterFile) -> Header:
    if file.path.suffix.lower() != ".safetensors":
        return _NOTHING
    try:
        return read_header(file.path)
    except ModelError:
        return _NOTHING
