"""The Models tab: a fixed piece of page that draws the models folder and works on it."""

from __future__ import annotations

import gradio as gr

from ui.theme import asset

# Each script but the last only defines what those after it use.
SCRIPTS = ("model_rows.js", "model_work.js", "models.js")


def build_model_library() -> gr.HTML:
    """The tab's content; everything in it comes and goes by `ui.model_routes`."""
    return gr.HTML(
        None,
        html_template=asset("models.html"),
        js_on_load="\n".join(asset(name) for name in SCRIPTS),
        apply_default_css=False,
        elem_id="models",
    )
