"""The canvas with its step strip: a fixed piece of page that draws a job's messages itself."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ui.theme import asset

# Each script but the last only defines what those after it use.
SCRIPTS = (
    "fit.js", "job_watch.js", "job_story.js", "strip.js", "batch.js", "picture_tools.js",
    "slider.js", "compare.js", "why.js", "stage.js",
)  # fmt: skip


def build_stage(task: str) -> gr.HTML:
    """The canvas of a task tab; its value is what `submitted` or `refused` returns.

    Steps arrive by the job's own stream (`ui.job_routes`), not as values of this component.
    """
    return gr.HTML(
        None,
        html_template=asset("stage.html"),
        js_on_load="\n".join(asset(name) for name in SCRIPTS),
        apply_default_css=False,
        elem_id=f"{task}--stage",
        elem_classes="stage",
        task=task,
    )


def submitted(job_id: str) -> dict[str, Any]:
    """Tell the canvas to follow a job."""
    return {"job": job_id}


def refused(sentence: str, field: str, number: int) -> dict[str, Any]:
    """Tell the canvas why nothing is painted; `number` makes the same refusal news again."""
    return {"error": sentence, "field": field, "number": number}
