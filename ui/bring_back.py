"""What a browser has kept comes back on load, but never over what the artist has changed since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.events import Dependency

from ui.controls import QUICK

# Only the browser knows what stands in the fields by the time that the answer is there.
_TAKE = """({ built, values }, ...now) => now.map((value, at) =>
  JSON.stringify(value) === JSON.stringify(built[at]) ? values[at] : value)"""


def bring_back(
    event: Callable[..., Dependency],
    kept: gr.BrowserState,
    fields: Sequence[Any],
    values_of: Callable[[object], list[Any]],
) -> Dependency:
    """At an event, set the fields that still have the value that they were built with.

    `values_of` gives a value for each of the two or more fields, from what the browser has kept.
    Returns what comes after that.
    """
    proposed = gr.JSON(visible=False)

    def propose(before: object) -> dict[str, list[Any]]:
        return {"built": [field.value for field in fields], "values": values_of(before)}

    return event(propose, kept, proposed, **QUICK).then(
        None, [proposed, *fields], list(fields), js=_TAKE, **QUICK
    )
