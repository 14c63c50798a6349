"""The queue in the header: a button with the number of jobs, and a panel with each of them."""

from __future__ import annotations

import gradio as gr

from ui.theme import asset


def build_queue_panel() -> gr.HTML:
    """What waits, whose it is, and one's own jobs to move, skip and take out."""
    return gr.HTML(
        None,
        html_template=asset("queue.html"),
        js_on_load="\n".join(asset(name) for name in ("queue_entry.js", "queue.js")),
        apply_default_css=False,
        elem_id="bar--queue",
    )
