"""The settings inside pictures of ComfyUI, InvokeAI, Fooocus and NovelAI, by A1111's names.

`sd-parsers` reads their formats; here its answer is brought into the one form that the rest reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sd_parsers.data import PromptInfo, Sampler
from sd_parsers.parsers import ComfyUIParser, FooocusParser, InvokeAIParser, NovelAIParser

Pairs = dict[str, str]
_PARSERS = (FooocusParser, ComfyUIParser, InvokeAIParser, NovelAIParser)
_NAMES = {
    "steps": "Steps",
    "scheduler": "Schedule type",
    "cfg_scale": "CFG scale",
    "seed": "Seed",
    "noise_seed": "Seed",
    "denoise": "Denoising strength",
    "strength": "Denoising strength",
}
# Nodes of a graph that decide nothing about the pixels, or whose part is told elsewhere.
_PLAIN_NODES = {"SaveImage", "PreviewImage", "VAEDecode", "CLIPTextEncode", "EmptyLatentImage"}
_PLAIN_NODES |= {"CheckpointLoaderSimple", "VAELoader"}
_SIZES = ("EmptyLatentImage", "EmptySD3LatentImage")


def read_other_program(texts: Mapping[str, str]) -> tuple[str, Pairs] | None:
    """The program's name and the pairs of a picture's texts; None where none of them wrote it."""
    for parser in _PARSERS:
        try:
            info = parser().parse(dict(texts))
            if info.samplers:
                return str(info.generator.value), _pairs(info, texts)
        except Exception:  # whatever a malformed structure makes of a parser that trusts it
            continue
    return None


def _pairs(info: PromptInfo, texts: Mapping[str, str]) -> Pairs:
    sampler = next((one for one in info.samplers if one.prompts), info.samplers[0])
    pairs = {
        "Prompt": _joined(sampler.prompts),
        "Negative prompt": _joined(sampler.negative_prompts),
        "Sampler": str(sampler.name),
        **_parameters({**info.metadata, **sampler.parameters}),
        **_size(info.metadata),
        **_model(sampler, texts),
        **_vae(info.metadata),
    }
    if len(info.samplers) > 1:
        pairs["Further samplers"] = str(len(info.samplers) - 1)
    return pairs | _rest({**info.metadata, **sampler.parameters})


def _joined(prompts: list) -> str:
    return ", ".join(str(prompt) for prompt in prompts)


def _parameters(told: Mapping[str, Any]) -> Pairs:
    pairs = {}
    for name, title in _NAMES.items():
        value = told.get(name)
        if isinstance(value, str | int | float):
            pairs[title] = f"{value:g}" if isinstance(value, float) else str(value)
    if pairs.get("Denoising strength") == "1":
        del pairs["Denoising strength"]  # from noise alone
    return pairs


def _size(metadata: Mapping[str, Any]) -> Pairs:
    nodes = [node for name in _SIZES for node in _nodes(metadata, name)]
    for place in (metadata, *nodes):
        if place.get("width") and place.get("height"):
            return {"Size": f"{place['width']}x{place['height']}"}
    return {}


def _nodes(metadata: Mapping[str, Any], name: str) -> list[dict]:
    found = metadata.get(name)
    return [node for node in found if isinstance(node, dict)] if isinstance(found, list) else []


def _model(sampler: Sampler, texts: Mapping[str, str]) -> Pairs:
    if sampler.model:
        return {"Model": sampler.model.name or "", "Model hash": sampler.model.hash or ""}
    # InvokeAI has called it "name" since its version 4, which the package does not look for.
    told = json.loads(texts.get("invokeai_metadata", "{}")).get("model")
    return {"Model": str(told["name"])} if isinstance(told, dict) and "name" in told else {}


def _vae(metadata: Mapping[str, Any]) -> Pairs:
    names = [node.get("vae_name") for node in _nodes(metadata, "VAELoader")]
    return {"VAE": str(names[0])} if names else {}


def _rest(metadata: Mapping[str, Any]) -> Pairs:
    """What else the program says, in short, so that it can be named as not applied."""
    told = {"width", "height", "full_prompt", "full_negative_prompt", *_NAMES, *_PLAIN_NODES}
    rest = {str(name): value for name, value in metadata.items() if name not in told and value}
    return {name: _short(value) for name, value in rest.items()}


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:119] + "…"
