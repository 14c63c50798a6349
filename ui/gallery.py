"""The Gallery tab: everything painted so far, found, looked at, and put to use again.

It is a fixed piece of page that draws what `ui.gallery_routes` tells it; what goes into another
tab comes to Python as an event (`ui.reuse`, `ui.send`).
"""

from __future__ import annotations

import json

import gradio as gr

from ui.task_tab import TaskTab
from ui.theme import asset

TAB = "gallery"
# What a task is called in a request, where its tab has another name.
_TASK_NAMES = {"inpaint": "inpainting"}
# Each script but the last only defines what those after it use.
SCRIPTS = (
    "fit.js", "kept_pictures.js", "picture_entry.js", "strip.js", "slider.js", "gallery_rows.js",
    "gallery_grid.js", "gallery_history.js", "gallery_told.js", "gallery_lineage.js",
    "gallery_versus.js", "gallery_look.js", "gallery_info.js", "gallery_message.js",
    "gallery_filters.js", "gallery_chosen.js", "gallery_bin.js", "gallery_keys.js", "gallery.js",
)  # fmt: skip


def build_gallery(tabs: dict[str, TaskTab]) -> gr.HTML:
    """The tab's content; `tabs` are the task tabs that pictures may go to, by the name on them."""
    return gr.HTML(
        None,
        html_template=asset("gallery.html"),
        js_on_load="\n".join([_events(tabs), *map(asset, SCRIPTS)]),
        apply_default_css=False,
        elem_id=TAB,
        tabs=[
            {
                "tab": tab.task.replace("-", "_"),
                "task": task_name(tab),
                "name": name,
                "takes": tab.painter is not None,
            }
            for name, tab in tabs.items()
        ],
    )


def _events(tabs: dict[str, TaskTab]) -> str:
    """Names the events in the script, in quotes: gradio knows a component's events by them."""
    names = [
        f"{kind}_{tab.task.replace('-', '_')}"
        for kind in ("to", "reuse", "settings")
        for tab in tabs.values()
    ]
    return f"const EVENTS = {json.dumps(names)};"


def task_name(tab: TaskTab) -> str:
    """The name by which requests and the history know a tab's task."""
    return _TASK_NAMES.get(tab.task, tab.task)
