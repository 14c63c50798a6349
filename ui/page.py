"""The whole page: model bar, task tabs, recent pictures; and how it is put on a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr
from fastapi import FastAPI

from backend.studio.views import StudioLike
from ui.depth_to_image import build_depth_to_image
from ui.explorer import connect_explorer
from ui.gallery import TAB as GALLERY_TAB
from ui.gallery import build_gallery
from ui.image_to_image import build_image_to_image
from ui.inpaint import build_inpaint
from ui.model_bar import ModelBar, build_model_bar
from ui.model_fit import connect_fit
from ui.model_library import build_model_library
from ui.remote import add_endpoints
from ui.reuse import connect_reuse
from ui.routes import build_router
from ui.send import connect_send
from ui.task_tab import TaskTab, connect
from ui.text_to_image import build_text_to_image
from ui.theme import asset, build_css, build_head, build_theme

TABS = {
    "Text to image": build_text_to_image,
    "Image to image": build_image_to_image,
    "Inpaint": build_inpaint,
    "Depth to image": build_depth_to_image,
}


@dataclass(frozen=True)
class Page:
    """The page, and what gradio wants to be told only when it is served."""

    blocks: gr.Blocks
    theme: gr.themes.Base
    css: str
    head: str


def build_page(studio: StudioLike) -> Page:
    """The page of a Studio; nothing of it waits for the engine."""
    with gr.Blocks(title="Atelier", fill_width=True, analytics_enabled=False) as blocks:
        bar = build_model_bar(studio, blocks)
        with gr.Tabs(elem_id="tasks", overflow_behavior="wrap") as tabs:
            tasks = [_build_tab(name, build, studio, bar) for name, build in TABS.items()]
            with gr.Tab("Gallery", id=GALLERY_TAB):
                gallery = build_gallery(dict(zip(TABS, tasks, strict=True)))
            with gr.Tab("Models", id="models"):
                build_model_library()
        _build_recent()
        for task in tasks:
            connect(studio, task, bar, blocks)
            connect_fit(studio, task, bar, blocks)
            connect_explorer(studio, task, bar)
        sources = [*(task.stage for task in tasks), gallery]
        connect_send(studio, tabs, sources, [task for task in tasks if task.painter], bar)
        connect_reuse(studio, tabs, gallery, tasks, bar)
        add_endpoints(studio)
    return Page(blocks, build_theme(), build_css(), build_head())


def _build_tab(
    name: str, build: Callable[[StudioLike, ModelBar], TaskTab], studio: StudioLike, bar: ModelBar
) -> TaskTab:
    with gr.Tab(name) as tab:
        task = build(studio, bar)
    tab.id = task.task
    return task


def _build_recent() -> None:
    gr.HTML(
        None,
        html_template=asset("recent.html"),
        js_on_load=asset("recent.js"),
        apply_default_css=False,
        elem_id="recent",
    )


def mount_page(app: FastAPI, studio: StudioLike, path: str = "/") -> FastAPI:
    """Put the page at `path` of `app`, with the routes it reads under /atelier.

    Routes that are added to `app` later than this are hidden behind a page at "/".
    """
    page = build_page(studio)
    app.include_router(build_router(studio))
    return gr.mount_gradio_app(
        app,
        page.blocks,
        path=path,
        theme=page.theme,
        css=page.css,
        head=page.head,
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        max_file_size="64mb",
    )
