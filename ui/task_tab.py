"""What every task tab does alike: submit, stop, remember its settings, follow the checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from backend.geometry import size_for_aspect
from backend.studio.views import StudioLike
from ui.bring_back import bring_back
from ui.controls import QUICK, SizeControls
from ui.model_bar import STORAGE_SECRET, ModelBar, model_choice, native_size_of
from ui.painter import hand_over
from ui.submission import ToRequest, new_client, submit


@dataclass(frozen=True)
class TaskTab:
    """A built tab: its widgets by request field, its buttons, and its way to a request.

    `painter` holds the picture that the task starts from; it is the field "input" too.
    """

    task: str
    fields: dict[str, Any]
    size: SizeControls
    generate: gr.Button
    stop: gr.Button
    stage: gr.HTML
    to_request: ToRequest
    fit: gr.HTML
    painter: gr.HTML | None = None
    explorer: gr.HTML | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The fields that are remembered and sent along: all but the painter.

        Never update a gr.HTML by `gr.skip` or `gr.update`: gradio 6 replaces its props with it.
        """
        return {name: it for name, it in self.fields.items() if it is not self.painter}


def build_actions(task: str) -> tuple[gr.Button, gr.Button]:
    """Generate and Stop."""
    with gr.Row(elem_classes="actions"):
        generate = gr.Button(
            "Generate", variant="primary", elem_id=f"{task}--go", elem_classes="go"
        )
        stop = gr.Button("Stop", elem_id=f"{task}--stop", elem_classes="halt")
    return generate, stop


def connect(studio: StudioLike, tab: TaskTab, bar: ModelBar, page: gr.Blocks) -> None:
    """Bring a tab to life."""
    _connect_buttons(studio, tab, bar, page)
    _connect_checkpoint(studio, tab, bar)


def _connect_buttons(studio: StudioLike, tab: TaskTab, bar: ModelBar, page: gr.Blocks) -> None:
    names, widgets = list(tab.fields), list(tab.fields.values())
    client = gr.BrowserState(None, storage_key="atelier.client", secret=STORAGE_SECRET)
    settings = gr.BrowserState(None, storage_key=f"atelier.{tab.task}", secret=STORAGE_SECRET)

    def generate(client: str | None, checkpoint: str, vae: str, *values: Any) -> tuple:
        client = client or new_client()
        named = dict(zip(names, values, strict=True))
        model = model_choice(studio, checkpoint, vae)
        return client, named, submit(studio, tab.to_request, named, model, client)

    # Values pass as they are: gradio's own checks would answer a bad one with a pop-up of theirs.
    sent = [client, bar.checkpoint, bar.vae, *widgets]
    tab.generate.click(
        generate,
        sent,
        [client, settings, tab.stage],
        js=hand_over(tab.task, sent.index(tab.painter), len(sent)) if tab.painter else None,
        preprocess=False,
        trigger_mode="multiple",
        **QUICK,
    )
    tab.stop.click(None, js="() => document.dispatchEvent(new Event('atelier:stop'))")
    fields = list(tab.settings.values())
    bring_back(page.load, settings, fields, lambda kept: kept_values(tab, kept))


def restored(tab: TaskTab, known: dict[str, Any]) -> list[Any]:
    """The updates of the tab's settings to what is known of them, such as from a picture."""
    fitting = _fitting(tab, known)
    return [
        gr.update(value=fitting[name]) if name in fitting else gr.skip() for name in tab.settings
    ]


def kept_values(tab: TaskTab, kept: object) -> list[Any]:
    """The values of the tab's settings from an earlier visit; the first ones where none is kept."""
    fitting = _fitting(tab, kept if isinstance(kept, dict) else {})
    return [fitting.get(name, widget.value) for name, widget in tab.settings.items()]


def _fitting(tab: TaskTab, known: dict[str, Any]) -> dict[str, Any]:
    return {
        name: known[name]
        for name, widget in tab.settings.items()
        if name in known and _fits(widget, known[name])
    }


def _fits(widget: Any, value: object) -> bool:
    """Whether a stored value can be shown; an earlier version may have stored other names."""
    if isinstance(widget, gr.Checkbox):
        return isinstance(value, bool)
    if isinstance(widget, gr.Dropdown | gr.Radio):
        return value in [choice[1] for choice in widget.choices or []]
    if isinstance(widget, gr.Textbox):
        return isinstance(value, str)
    return isinstance(value, int | float)


def _connect_checkpoint(studio: StudioLike, tab: TaskTab, bar: ModelBar) -> None:
    def follow(checkpoint: str, before: int, aspect: str | None) -> tuple[Any, Any, Any]:
        return follow_native_size(studio, checkpoint, before, aspect)

    bar.checkpoint.input(
        follow,
        [bar.checkpoint, bar.native_size, tab.size.aspect],
        [bar.native_size, tab.size.width, tab.size.height],
        **QUICK,
    )


def follow_native_size(
    studio: StudioLike, checkpoint: str, before: int, aspect: str | None
) -> tuple[Any, Any, Any]:
    """The checkpoint's own side with width and height for it, where the side is another."""
    side = native_size_of(studio, checkpoint)
    if side == before:
        return before, gr.skip(), gr.skip()
    return side, *size_for_aspect(aspect or "1:1", side)
