"""The settings of a picture as text, in A1111's format, so that other programs read them too.

Format: the prompt, a line `Negative prompt: ...` unless that is empty, and a last line of
`Key: value` pairs (AUTOMATIC1111/stable-diffusion-webui, `modules/infotext_utils.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType

from backend.request import GenerationRequest
from backend.tasks import DepthToImage, Inpaint, Task, TextToImage

VERSION = "Atelier 0.1.0"
_PAIR = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_NEGATIVE = "Negative prompt: "
_NEGATIVE_LINE = re.compile(r"(?:^|\n)Negative prompt:")
MAX_PAIRS = 300  # a line of more is no settings line that any program writes


def write_infotext(
    request: GenerationRequest,
    model_hash: str,
    vae: tuple[str, str] | None,
    adapters: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The text for one picture.

    `model_hash` is a sha256 in hex or empty; `vae` is the name and sha256 of a VAE file, or None
    for the checkpoint's own; `adapters` are the pairs that tell of LoRAs, embeddings and
    hypernetworks ("Lora hashes" and so on).
    """
    pairs = {
        "Steps": request.steps,
        "Sampler": request.sampler,
        "Schedule type": request.schedule,
        "CFG scale": f"{request.cfg_scale:g}",
        "Seed": request.seed,
        "Size": f"{request.width}x{request.height}",
        "Model hash": model_hash[:10],
        "Model": request.model.checkpoint.removesuffix(".safetensors"),
        "VAE hash": vae[1][:10] if vae else "",
        "VAE": vae[0] if vae else "",
        "Denoising strength": _strength(request.task),
        "Clip skip": request.clip_skip if request.clip_skip > 1 else "",
        "RNG": "CPU",
        **_task_pairs(request.task),
        **adapters,
        "Version": VERSION,
    }
    settings = ", ".join(f"{key}: {_quote(value)}" for key, value in pairs.items() if value != "")
    negative = [_NEGATIVE + request.negative_prompt] if request.negative_prompt else []
    return "\n".join([request.prompt, *negative, settings])


def read_infotext(text: str) -> dict[str, str]:
    """The pairs of an infotext, with "Prompt" and "Negative prompt" among them.

    A last line of fewer than three pairs is taken for a line of the prompt, as A1111 does.
    """
    lines = text.strip().split("\n")
    pairs = _read_pairs(lines[-1])
    if len(pairs) < 3:
        pairs = {}
    else:
        lines.pop()
    words = "\n".join(lines)
    found = _NEGATIVE_LINE.search(words)
    prompt, negative = (words[: found.start()], words[found.end() :]) if found else (words, "")
    return {"Prompt": prompt.strip(), "Negative prompt": negative.strip(), **pairs}


def _read_pairs(line: str) -> dict[str, str]:
    """The pairs of a line; what is none is passed over to the next comma, so time stays linear."""
    pairs, position = {}, 0
    while position < len(line) and len(pairs) < MAX_PAIRS:
        found = _PAIR.match(line, position)
        if found:
            pairs[found[1]] = _unquote(found[2])
        comma = line.find(",", position)
        position = found.end() if found else comma + 1 if comma >= 0 else len(line)
    return pairs


def _strength(task: Task) -> str:
    return "" if isinstance(task, TextToImage) else f"{task.strength:g}"


def _task_pairs(task: Task) -> dict[str, object]:
    """What a task adds, by A1111's names where it has them; defaults that it omits are omitted."""
    if isinstance(task, DepthToImage):
        return {"Depth map": "given" if task.depth else "estimated"}
    if not isinstance(task, Inpaint):
        return {}
    only_masked = task.area == "Only masked"
    return {
        "Mask blur": task.mask_blur,
        "Inpaint area": task.area if only_masked else "",
        "Masked area padding": task.padding if only_masked else "",
        "Masked content": task.masked_content if task.masked_content != "original" else "",
        "Soft inpainting": "True" if task.soft else "",
    }


def _quote(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if re.search(r"[,:\n\"]", text) else text


def _unquote(text: str) -> str:
    text = text.strip()
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text
