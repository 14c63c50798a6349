"""Widgets of the tasks that start from a picture: how much of it stays, and how it is fitted."""

from __future__ import annotations

from functools import partial

import gradio as gr

from backend.geometry import steps_run
from backend.request import MAX_SIDE, SIZE_MULTIPLE
from backend.tasks import RESIZE_MODES
from ui.controls import QUICK, SizeControls
from ui.theme import asset

START_STRENGTH = 0.75
START_STEPS = 20
ROOMY = 1.5  # a picture up to this many times the native side is painted at its own size


LITTLE = "next to nothing of the picture stays"
GEOMETRY = "its geometry alone stays"


def build_strength(task: str, start: float, at_full: str) -> tuple[gr.Slider, gr.HTML]:
    """The denoising strength with a line that says what it does."""
    strength = gr.Slider(
        0,
        1,
        value=start,
        step=0.01,
        label="Strength",
        buttons=[],
        elem_id=f"{task}--strength",
    )
    line = gr.HTML(
        strength_line(START_STEPS, start, at_full),
        html_template='<p class="hint"></p>',
        js_on_load=asset("text.js"),
        apply_default_css=False,
    )
    return strength, line


def connect_strength(strength: gr.Slider, line: gr.HTML, steps: gr.Slider, at_full: str) -> None:
    """Keep the line true to the strength and the number of steps."""
    for slider in (strength, steps):
        slider.change(
            partial(strength_line, at_full=at_full),
            [steps, strength],
            line,
            preprocess=False,
            trigger_mode="always_last",
            **QUICK,
        )


def strength_line(steps: object, strength: object, at_full: str = LITTLE) -> str:
    """How many of the steps run at a strength, and what that means for the picture.

    `at_full` is what stays of it at strength 1.
    """
    if not isinstance(steps, int | float) or not isinstance(strength, int | float):
        return ""
    run = steps_run(int(steps), max(0.0, strength))
    if run == 0:
        return f"0 of {steps:g} steps; the picture comes back as it is"
    if strength >= 1:
        return f"All {steps:g} steps; {at_full}"
    return f"{run} of {steps:g} steps; the rest of the picture stays"


def build_resize(task: str) -> gr.Dropdown:
    """What to do with a picture of another shape than the size."""
    return gr.Dropdown(
        list(RESIZE_MODES),
        value=RESIZE_MODES[0],
        label="Picture of another shape",
        elem_id=f"{task}--resize",
    )


def connect_loaded(task: str, painter: gr.HTML, size: SizeControls, native_size: gr.State) -> None:
    """Let a picture that is loaded set the size, unless the artist has changed it meanwhile."""
    sides = [size.width, size.height]
    proposed = gr.JSON(visible=False)

    def follow(
        native_side: int, _width: object, _height: object, loaded: gr.EventData
    ) -> list[int] | None:
        if not all(_is_side(side) for side in (loaded.width, loaded.height)):
            return None
        return list(size_for_picture(loaded.width, loaded.height, native_side))

    painter.loaded(
        follow,
        [native_size, *sides],
        proposed,
        js=_noting_size(task),
        trigger_mode="multiple",
        **QUICK,
    ).then(None, [proposed, *sides], sides, js=_taking_size(task), **QUICK)


def _is_side(side: object) -> bool:
    return isinstance(side, int) and 0 < side <= MAX_SIDE


def _noting_size(task: str) -> str:
    """A script that leaves the size that stands there on the tab, and passes its values on."""
    return f"""(native, ...sides) => {{
      document.getElementById("{task}").dataset.size = sides;
      return [native, ...sides];
    }}"""


def _taking_size(task: str) -> str:
    """A script that takes the proposed size where the one that was left on the tab still stands."""
    return f"""(proposed, ...sides) => {{
      const {{ dataset }} = document.getElementById("{task}");
      if (!proposed || dataset.size !== String(sides)) return;
      dataset.size = proposed; // another picture's proposal may be on its way
      return proposed;
    }}"""


def size_for_picture(width: int, height: int, native_side: int) -> tuple[int, int]:
    """The size to paint a picture at: its own, or its shape at the native area."""
    area = width * height
    if area <= (ROOMY * native_side) ** 2:
        return _possible(width), _possible(height)
    scale = native_side / area**0.5
    return _side(width * scale), _side(height * scale)


def _possible(length: int) -> int:
    return max(64, min(MAX_SIDE, length))


def _side(length: float) -> int:
    rounded = round(length / SIZE_MULTIPLE) * SIZE_MULTIPLE
    return max(64, min(MAX_SIDE, rounded))
