"""Widgets that the task tabs share: prompt, size, sampling, seed, and the folded rest.

Each group is built where it stands in the layout and handed back as a frozen value. Ids are
`<task>--<request field>`, which is how help texts and faults find their control.
"""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from backend.geometry import ASPECTS, size_for_aspect
from backend.names import PREVIEW_METHODS, SAMPLERS, SCHEDULES
from backend.request import MAX_BATCH, MAX_CFG_SCALE, MAX_CLIP_SKIP, MAX_STEPS
from backend.studio.views import StudioLike
from ui.tokens import build_tokens, connect_tokens

QUICK = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
EXAMPLE_PROMPT = "a red hot-air balloon over a lake at sunset"


@dataclass(frozen=True)
class PromptControls:
    """The two prompts, and the views of their tokens."""

    prompt: gr.Textbox
    negative_prompt: gr.Textbox
    tokens: gr.HTML
    negative_tokens: gr.HTML


def build_prompt(task: str) -> PromptControls:
    """The prompt with its tokens, and the negative prompt folded away; see `connect_prompt`."""
    prompt = gr.Textbox(
        EXAMPLE_PROMPT, label="Prompt", lines=3, max_lines=6, elem_id=f"{task}--prompt"
    )
    tokens = build_tokens(task)
    with gr.Accordion("Negative prompt", open=False, elem_classes="fold"):
        negative = gr.Textbox(
            "",
            label="Negative prompt",
            show_label=False,
            lines=2,
            max_lines=6,
            placeholder="What should not be in the picture",
            elem_id=f"{task}--negative_prompt",
        )
        negative_tokens = build_tokens(task, negative=True)
    return PromptControls(prompt, negative, tokens, negative_tokens)


def connect_prompt(studio: StudioLike, prompts: PromptControls, steps: gr.Slider) -> None:
    """Let both views follow their prompts, and the steps that a prompt may change at."""
    connect_tokens(studio, prompts.prompt, prompts.tokens, steps)
    connect_tokens(studio, prompts.negative_prompt, prompts.negative_tokens, steps, negative=True)


@dataclass(frozen=True)
class SizeControls:
    """Width and height in pixels, with the aspect that they have."""

    aspect: gr.Radio
    width: gr.Number
    height: gr.Number


def build_size(task: str, native_size: int) -> SizeControls:
    """Size by aspect or by number; what depends on the model comes with `connect_size`."""
    aspect = gr.Radio(
        list(ASPECTS),
        value="1:1",
        label="Size",
        elem_id=f"{task}--aspect",
        elem_classes="segments",
    )
    with gr.Row(elem_classes="line"):
        width = gr.Number(native_size, label="Width", min_width=60, elem_id=f"{task}--width")
        height = gr.Number(native_size, label="Height", min_width=60, elem_id=f"{task}--height")
        swap = _icon_button("Swap width and height", f"{task}--swap", "swap")
    swap.click(None, [width, height], [width, height], js="(w, h) => [h, w]")
    return SizeControls(aspect, width, height)


def connect_size(size: SizeControls, native_size: gr.State) -> None:
    """Let the aspect set the size by the model's own area, and the size show its aspect."""
    sides = [size.width, size.height]
    size.aspect.input(size_for_aspect, [size.aspect, native_size], sides, **QUICK)
    for side in sides:
        side.change(
            aspect_of,
            sides,
            size.aspect,
            trigger_mode="always_last",
            **QUICK,
        )


def aspect_of(width: float | None, height: float | None) -> str | None:
    """The name of the aspect that a size has, within the rounding to whole multiples; or None."""
    if not width or not height or width < 0 or height < 0:
        return None
    for name, (across, down) in ASPECTS.items():
        if abs(width / height / (across / down) - 1) < 0.02:
            return name
    return None


# What the bundled model paints best with; full-size checkpoints like 7.
FIRST_CFG_SCALE = 4


@dataclass(frozen=True)
class SamplingControls:
    """How the noise is taken away."""

    steps: gr.Slider
    cfg_scale: gr.Slider
    sampler: gr.Dropdown
    schedule: gr.Dropdown


def build_sampling(task: str) -> SamplingControls:
    """Steps, guidance, sampler and schedule."""
    steps = gr.Slider(
        1, MAX_STEPS, value=20, step=1, label="Steps", buttons=[], elem_id=f"{task}--steps"
    )
    cfg_scale = gr.Slider(
        0,
        MAX_CFG_SCALE,
        value=FIRST_CFG_SCALE,
        step=0.5,
        label="Guidance (CFG)",
        buttons=[],
        elem_id=f"{task}--cfg_scale",
    )
    with gr.Row(elem_classes="line"):
        sampler = _choice("Sampler", SAMPLERS, f"{task}--sampler")
        schedule = _choice("Schedule", SCHEDULES, f"{task}--schedule")
    return SamplingControls(steps, cfg_scale, sampler, schedule)


@dataclass(frozen=True)
class SeedControls:
    """Where the noise starts from, and how many pictures."""

    seed: gr.Number
    batch_size: gr.Number


def build_seed(task: str) -> SeedControls:
    """The seed with its dice and "use again", and the number of pictures."""
    with gr.Row(elem_classes="line"):
        seed = gr.Number(-1, label="Seed", min_width=60, elem_id=f"{task}--seed")
        dice = _icon_button("New seed each time", f"{task}--dice", "dice")
        reuse = _icon_button("Use the last seed again", f"{task}--reuse", "reuse")
        batch_size = gr.Number(
            1,
            label="Pictures",
            minimum=1,
            maximum=MAX_BATCH,
            step=1,
            min_width=60,
            elem_id=f"{task}--batch_size",
        )
    dice.click(None, None, seed, js="() => -1")
    # The canvas leaves the seed that it shows on its tab.
    last = f"document.getElementById('{task}').dataset.seed"
    reuse.click(None, seed, seed, js=f"(seed) => Number({last} ?? seed)")
    return SeedControls(seed, batch_size)


@dataclass(frozen=True)
class AdvancedControls:
    """What most pictures never need."""

    clip_skip: gr.Slider
    preview: gr.Dropdown


def build_advanced(task: str) -> AdvancedControls:
    """Clip skip and the preview method, folded away."""
    with gr.Accordion("Advanced", open=False, elem_classes="fold"):
        clip_skip = gr.Slider(
            1,
            MAX_CLIP_SKIP,
            value=1,
            step=1,
            label="Clip skip",
            buttons=[],
            elem_id=f"{task}--clip_skip",
        )
        preview = _choice("Preview of each step", PREVIEW_METHODS, f"{task}--preview")
    return AdvancedControls(clip_skip, preview)


def _choice(label: str, choices: tuple[str, ...], elem_id: str) -> gr.Dropdown:
    return gr.Dropdown(list(choices), value=choices[0], label=label, min_width=60, elem_id=elem_id)


def _icon_button(name: str, elem_id: str, icon: str) -> gr.Button:
    return gr.Button(name, elem_id=elem_id, elem_classes=["icon", f"icon-{icon}"])
