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

Kind = Literal["sketch", "mask", "depth"]
# Each script but the last only defines what those after it use.
SCRIPTS = (
    "fit.js", "kept_pictures.js", "paint_layer.js", "hand.js", "brush.js", "colours.js",
    "values.js", "mask_files.js", "paints.js", "depth_map.js", "outlet.js", "extend.js",
    "picture_entry.js", "blank_canvas.js", "painter_memory.js", "painter.js",
)  # fmt: skip


def build_painter(task: str, kind: Kind) -> gr.HTML:
    """A canvas to draw on ("sketch": the strokes become the picture), to mask, or with a depth map.

    Its events: `loaded` tells that a picture of another size is on it and `extended` that the
    canvas has grown, both as {"width", "height"}; `looked` that a picture came by another way;
    `greyed` that the mask holds strengths between none and all.
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


def painter_showing(
    kept: KeptPicture, mask: PictureRef | None = None, depth: PictureRef | None = None
) -> dict[str, Any]:
    """The painter's value that puts a kept picture on it; a number makes the same one news."""
    return {
        "picture": picture_entry(kept),
        "mask": mask and {"sha256": mask.sha256},
        "depth": depth and {"sha256": depth.sha256},
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


def hand_over(
    task: str, place: int, count: int, event: Literal["input", "glance"] = "input"
) -> str:
    """A script for an event: put what is on the painter at `place` among the `count` values sent.

    "input" is for painting: it shows a hidden mask and keeps it. "glance" takes the picture alone
    and changes nothing.
    """
    return f"""async (...values) => {{
      const asked = new CustomEvent("atelier:{event}", {{ detail: {{ task: "{task}" }} }});
      document.dispatchEvent(asked);
      values[{place}] = (await asked.detail.answer) ?? null;
      return values.slice(0, {count});
    }}"""
