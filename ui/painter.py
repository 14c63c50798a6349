"""The picture that a task starts from: loaded, pasted or drawn in the page, and its mask.

The pixels stay in the browser. When Generate is pressed they go to `ui.input_routes`, and the
widget's value is but the names they are kept under.
"""

from __future__ import annotations

import time
from typing import Any, Literal

import gradio as gr

from backend.studio.views import KeptPicture
from backend.tasks import PictureRef
from ui.theme import asset

Kind = Literal["sketch", "mask"]
# Each script but the last only defines what those after it use.
SCRIPTS = (
    "fit.js", "kept_pictures.js", "paint_layer.js", "hand.js", "brush.js", "colours.js",
    "mask_files.js", "picture_entry.js", "painter.js",
)  # fmt: skip


def build_painter(task: str, kind: Kind) -> gr.HTML:
    """A canvas to draw on ("sketch": the strokes become the picture) or to mask ("mask").

    Its event `loaded` tells that a picture of another size is on it, as {"width", "height"}.
    """
    return gr.HTML(
        None,
        html_template=asset("painter.html"),
        js_on_load="\n".join(asset(name) for name in SCRIPTS),
        apply_default_css=False,
        elem_id=f"{task}--input",
        elem_classes="painter",
        task=task,
        painted=kind,
    )


def painter_showing(kept: KeptPicture, mask: PictureRef | None = None) -> dict[str, Any]:
    """The painter's value that puts a kept picture on it; a number makes the same one news."""
    return {
        "picture": picture_entry(kept),
        "mask": mask and {"sha256": mask.sha256},
        "number": time.monotonic_ns(),
    }


def painter_refusing(sentence: str) -> dict[str, Any]:
    """The painter's value that says why nothing new is on it."""
    return {"error": sentence, "number": time.monotonic_ns()}


def picture_entry(kept: KeptPicture) -> dict[str, Any]:
    """A kept picture as the browser is told of it."""
    return {
        "sha256": kept.ref.sha256,
        "width": kept.ref.width,
        "height": kept.ref.height,
        "note": kept.note,
    }


def hand_over(task: str, place: int, count: int) -> str:
    """A script for Generate: put what is painted at `place` among the `count` values it sends."""
    return f"""async (...values) => {{
      const asked = new CustomEvent("atelier:input", {{ detail: {{ task: "{task}" }} }});
      document.dispatchEvent(asked);
      values[{place}] = (await asked.detail.answer) ?? null;
      return values.slice(0, {count});
    }}"""
