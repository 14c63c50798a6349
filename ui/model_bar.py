"""The bar on top: which weights paint, on which device, and the theme."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import gradio as gr

from backend.names import FROM_CHECKPOINT
from backend.request import ModelChoice
from backend.studio.views import StudioLike
from ui.bring_back import bring_back
from ui.queue_panel import build_queue_panel
from ui.theme import asset

OWN_VAES = ("Automatic", "Built in")
QUICK = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
DEFAULT_SIDE = 512
# What a browser keeps is not secret: the words only wrap what is stored there.
STORAGE_SECRET = "atelier"


@dataclass(frozen=True)
class ModelBar:
    """The two choices of weights, and the side of the pictures that the checkpoint learned from."""

    checkpoint: gr.Dropdown
    vae: gr.Dropdown
    native_size: gr.State


def build_model_bar(studio: StudioLike, page: gr.Blocks) -> ModelBar:
    """The header of the page."""
    with gr.Row(elem_id="bar"):
        gr.HTML('<h1><i aria-hidden="true"></i>Atelier</h1>', elem_id="brand", padding=False)
        names = checkpoint_names(studio)
        checkpoint = gr.Dropdown(
            names, value=names[0] if names else None, label="Checkpoint", show_label=False,
            elem_id="bar--checkpoint",
        )  # fmt: skip
        vae = gr.Dropdown(
            vae_names(studio), value=OWN_VAES[0], label="VAE", show_label=False, elem_id="bar--vae"
        )
        reason = gr.HTML(
            vae_reason(studio, checkpoint.value, OWN_VAES[0]),
            html_template='<p class="reason"></p>',
            js_on_load=asset("text.js"),
            apply_default_css=False,
            elem_id="bar--reason",
        )
        refresh = gr.Button(
            "Refresh models", elem_id="bar--refresh", elem_classes=["icon", "icon-refresh"]
        )
        pill = _build_pill()
        build_queue_panel()
        _build_theme_button()
        native_size = gr.State(native_size_of(studio, checkpoint.value))
    bar = ModelBar(checkpoint, vae, native_size)
    _connect(studio, bar, reason, refresh, page)
    _follow_folder(studio, bar, pill)
    return bar


def _build_pill() -> gr.HTML:
    """The Studio's condition; its event `models` tells that the models folder has changed."""
    return gr.HTML(
        None,
        html_template=asset("pill.html"),
        js_on_load=asset("pill.js"),
        apply_default_css=False,
        elem_id="bar--pill",
    )


def _build_theme_button() -> None:
    button = gr.Button("Light or dark", elem_id="bar--theme", elem_classes=["icon", "icon-theme"])
    button.click(None, js="() => document.dispatchEvent(new Event('atelier:theme'))")


def _connect(
    studio: StudioLike, bar: ModelBar, reason: gr.HTML, refresh: gr.Button, page: gr.Blocks
) -> None:
    """Explain and remember each choice; bring it back on load, where its file is still there."""
    choices = [bar.checkpoint, bar.vae]
    kept = gr.BrowserState(None, storage_key="atelier.model", secret=STORAGE_SECRET)

    def chosen(checkpoint: str | None, vae: str | None) -> tuple[str, list[str | None]]:
        return vae_reason(studio, checkpoint, vae), [checkpoint, vae]

    def look_again(checkpoint: str | None, vae: str | None) -> tuple[dict, dict, int]:
        studio.refresh()
        return listed(studio, checkpoint, vae)

    def lists() -> tuple[dict, dict]:
        return gr.update(choices=checkpoint_names(studio)), gr.update(choices=vae_names(studio))

    def values_of(before: object) -> list[str | None]:
        pair = before if isinstance(before, list) and len(before) == 2 else [None, None]
        checkpoints, vaes, _ = listed(studio, *pair)
        return [checkpoints["value"], vaes["value"]]

    for choice in choices:
        choice.change(chosen, choices, [reason, kept], preprocess=False, **QUICK)
    refresh.click(look_again, choices, [*choices, bar.native_size], preprocess=False, **QUICK).then(
        chosen, choices, [reason, kept], preprocess=False, **QUICK
    )
    there = page.load(lists, None, choices, **QUICK)
    bring_back(there.then, kept, choices, values_of).then(
        partial(native_size_of, studio), bar.checkpoint, bar.native_size, preprocess=False, **QUICK
    )


def _follow_folder(studio: StudioLike, bar: ModelBar, pill: gr.HTML) -> None:
    """List what the Studio has found by itself; what is chosen stays, where it is still there."""
    choices = [bar.checkpoint, bar.vae]

    def look(checkpoint: str | None, vae: str | None) -> tuple[dict, dict, int]:
        return listed(studio, checkpoint, vae)

    pill.models(look, choices, [*choices, bar.native_size], preprocess=False, **QUICK)


def listed(studio: StudioLike, checkpoint: str | None, vae: str | None) -> tuple[dict, dict, int]:
    """Both lists as they are now, keeping what is chosen, and the checkpoint's native size."""
    checkpoints = _updated(checkpoint_names(studio), checkpoint)
    size = native_size_of(studio, checkpoints["value"])
    return checkpoints, _updated(vae_names(studio), vae), size


def _updated(names: list[str], chosen: str | None) -> dict:
    """The new list of names; a choice that is gone falls back to the first."""
    kept = chosen if chosen in names else (names[0] if names else None)
    return gr.update(choices=names, value=kept)


def checkpoint_names(studio: StudioLike) -> list[str]:
    """The checkpoints to choose from, the one to start with first."""
    return [spec.name for spec in studio.checkpoints()]


def vae_names(studio: StudioLike) -> list[str]:
    """The VAEs to choose from: the two that need no file, the files, those of checkpoints."""
    inside = (FROM_CHECKPOINT + spec.name for spec in studio.checkpoints())
    return [*OWN_VAES, *(spec.name for spec in studio.vaes()), *inside]


def vae_reason(studio: StudioLike, checkpoint: str | None, vae: str | None) -> str:
    """Which VAE decodes and why; or what to do where there is no checkpoint at all."""
    if not checkpoint:
        return "No model found: put a checkpoint into models/checkpoints and refresh."
    return studio.explain_vae(checkpoint, vae or OWN_VAES[0])


def native_size_of(studio: StudioLike, checkpoint: str | None) -> int:
    """The side in pixels that a checkpoint was trained on."""
    sizes = {spec.name: spec.native_size for spec in studio.checkpoints()}
    return sizes.get(checkpoint or "", DEFAULT_SIDE)


def model_choice(studio: StudioLike, checkpoint: str | None, vae: str | None) -> ModelChoice:
    """The weights as chosen, with the checkpoint's hash as it is now."""
    hashes = {spec.name: spec.sha256 for spec in studio.checkpoints()}
    name = checkpoint or ""
    return ModelChoice(
        checkpoint=name, vae=vae or OWN_VAES[0], checkpoint_hash=hashes.get(name, "")
    )
