"""Settings go into a tab: a whole request from the history, or what a picture file says."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from backend.request import GenerationRequest
from backend.studio.model_match import match_model
from backend.studio.picture_settings import NamedFile, PictureSettings, settings_from
from backend.studio.views import KeptPicture, StudioLike
from backend.tasks import PictureRef
from ui.controls import QUICK
from ui.model_bar import OWN_VAES, ModelBar, listed, vae_names
from ui.painter import painter_showing
from ui.stage import refused
from ui.task_tab import TaskTab, restored

GONE = "This picture is not in the history any more."
_PICTURES = ("picture", "mask", "depth")


@dataclass(frozen=True, kw_only=True)
class Reused:
    """What a tab is filled with.

    `values` are by request field; `pictures` are "picture", "mask" and "depth" as far as there are
    any. `checkpoint` and `vae` are None where the bar keeps its own. `sentences` say what is odd.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, PictureRef] = field(default_factory=dict)
    checkpoint: str | None = None
    vae: str | None = None
    sentences: tuple[str, ...] = ()


def connect_reuse(
    studio: StudioLike, tabs: gr.Tabs, gallery: gr.HTML, targets: list[TaskTab], bar: ModelBar
) -> None:
    """The gallery's events `reuse_<task>` with {"id"} and `settings_<task>` with {"pairs"}."""

    def from_history(asked: gr.EventData) -> Reused:
        identity = asked.id
        request = studio.history_request(identity) if isinstance(identity, int) else None
        return Reused(sentences=(GONE,)) if request is None else reused_request(studio, request)

    def from_file(asked: gr.EventData) -> Reused:
        return reused_settings(studio, asked.pairs, asked.picture)

    for target in targets:
        name = target.task.replace("-", "_")
        painter = [target.painter] if target.painter else []
        outputs = [tabs, bar.checkpoint, bar.vae, bar.native_size, target.stage, *painter]
        outputs += target.settings.values()
        for event, work in ((f"reuse_{name}", from_history), (f"settings_{name}", from_file)):
            fill = _filler(studio, target, work)
            inputs = [bar.checkpoint, bar.vae]
            getattr(gallery, event)(fill, inputs, outputs, preprocess=False, **QUICK)


def _filler(
    studio: StudioLike, target: TaskTab, work: Callable[[gr.EventData], Reused]
) -> Callable[[str | None, str | None, gr.EventData], list[Any]]:
    def fill(checkpoint: str | None, vae: str | None, asked: gr.EventData) -> list[Any]:
        reused = work(asked)
        models = listed(studio, reused.checkpoint or checkpoint, reused.vae or vae)
        painter = [_on_painter(studio, reused.pictures)] if target.painter else []
        said = _said(reused.sentences)
        opened = gr.Tabs(selected=target.task)
        return [opened, *models, said, *painter, *restored(target, dict(reused.values))]

    return fill


def _said(sentences: tuple[str, ...]) -> dict[str, Any]:
    """The canvas's value: what is odd, or nothing; a gr.HTML may not be left out of an update."""
    number = time.monotonic_ns()
    return refused(" ".join(sentences), "", number) if sentences else {"number": number}


def _on_painter(studio: StudioLike, pictures: Mapping[str, PictureRef]) -> dict[str, Any]:
    there = {name: ref for name, ref in pictures.items() if studio.input_file(ref.sha256)}
    if "picture" not in there:
        return {"number": time.monotonic_ns()}
    return painter_showing(KeptPicture(ref=there["picture"]), there.get("mask"), there.get("depth"))


def reused_request(studio: StudioLike, request: GenerationRequest) -> Reused:
    """All of a request, for the tab of its task."""
    task = vars(request.task)
    pictures = {name: task[name] for name in _PICTURES if task.get(name)}
    values = {**vars(request), **{name: task[name] for name in task.keys() - set(_PICTURES)}}
    checkpoint = match_model(
        "checkpoint",
        NamedFile(name=request.model.checkpoint, hash=request.model.checkpoint_hash),
        studio.checkpoints(),
    )
    vae, sentence = request.model.vae, ""
    if vae not in vae_names(studio):
        vae, sentence = None, f"The VAE “{vae[:80]}” of this picture is not here."
    gone = [name for name, ref in pictures.items() if not studio.input_file(ref.sha256)]
    sentences = (checkpoint.sentence, sentence, *map(_gone, gone))
    return Reused(
        values=values,
        pictures=pictures,
        checkpoint=checkpoint.name,
        vae=vae,
        sentences=tuple(filter(None, sentences)),
    )


def _gone(name: str) -> str:
    called = {"picture": "input picture", "depth": "depth map"}.get(name, name)
    return f"Its {called} is no longer in the outputs folder."


def reused_settings(studio: StudioLike, pairs: object, picture: object) -> Reused:
    """What a file's pairs say; they come from the browser, so nothing of them is taken as it is."""
    settings = settings_from(_checked(pairs))
    checkpoint = match_model("checkpoint", settings.checkpoint, studio.checkpoints())
    vae = match_model("VAE", settings.vae, studio.vaes())
    return Reused(
        values=settings.values,
        pictures=_brought(picture),
        checkpoint=checkpoint.name,
        vae=vae.name or _own_vae(settings),
        sentences=tuple(filter(None, (checkpoint.sentence, vae.sentence))),
    )


def _own_vae(settings: PictureSettings) -> str | None:
    """Automatic where the picture names no VAE; a VAE that is not here changes nothing."""
    return None if settings.vae else OWN_VAES[0]


def _checked(pairs: object) -> dict[str, str]:
    listed_pairs = pairs if isinstance(pairs, list) else []
    return {
        pair[0]: pair[1]
        for pair in listed_pairs
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)
    }


def _brought(picture: object) -> dict[str, PictureRef]:
    if not isinstance(picture, dict):
        return {}
    fields = [one.name for one in dataclasses.fields(PictureRef)]
    try:
        sha256, width, height = (picture[name] for name in fields)
        return {"picture": PictureRef(sha256=str(sha256), width=int(width), height=int(height))}
    except (KeyError, TypeError, ValueError):
        return {}
