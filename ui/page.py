"""The whole page: model bar, task tabs, recent pictures; and how it is put on a server."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr
from fastapi import FastAPI

from backend.studio.views import StudioLike
from ui.model_bar import build_model_bar
from ui.remote import add_text_to_image
from ui.routes import build_router
from ui.task_tab import connect
from ui.text_to_image import build_text_to_image
from ui.theme import asset, build_css, build_head, build_theme


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
        with gr.Tabs(elem_id="tasks"), gr.Tab("Text to image"):
            tab = build_text_to_image(studio, bar)
        _build_recent()
        connect(studio, tab, bar, blocks)
        add_text_to_image(studio)
    return Page(blocks, build_theme(), build_css(), build_head())


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
