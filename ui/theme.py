"""The look: pure greys with one accent, so that the picture's colours are the only colours."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from ui.help import HELP

ASSETS = Path(__file__).parent / "assets"
STYLES = (
    "theme.css", "layout.css", "controls.css", "tokens.css", "stage.css", "painter.css",
    "gallery.css", "look.css", "models.css", "queue.css",
)  # fmt: skip
SYSTEM_FONTS = ("Inter", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
GREY_STEPS = ("50", "100", "200", "300", "400", "500", "600", "700", "800", "900", "950")
GREYS = (
    "#fafafa", "#f4f4f3", "#e6e6e5", "#d3d3d2", "#a3a3a2", "#737372",
    "#565655", "#3d3d3d", "#2b2b2b", "#222222", "#171717",
)  # fmt: skip
ACCENTS = (
    "#eef6f5", "#d3e6e3", "#a9d2cc", "#7fbdb4", "#4fb3a3", "#1f857a",
    "#0f6f66", "#0c5b54", "#0a4944", "#083a36", "#062c29",
)  # fmt: skip


ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Ccircle cx='8' cy='8' r='6' fill='%230f6f66'/%3E%3C/svg%3E"
)


def asset(name: str) -> str:
    """The text of a file in ui/assets."""
    return (ASSETS / name).read_text(encoding="utf-8")


def build_theme() -> gr.themes.Base:
    """Gradio's plainest theme in our greys; fonts of the system, so nothing is fetched."""
    return gr.themes.Base(
        primary_hue=_ramp("accent", ACCENTS),
        secondary_hue=_ramp("grey", GREYS),
        neutral_hue=_ramp("grey", GREYS),
        text_size=gr.themes.sizes.text_sm,
        radius_size=gr.themes.sizes.radius_md,
        font=SYSTEM_FONTS,
        font_mono=("ui-monospace", "Consolas", "monospace"),
    )


def _ramp(name: str, tones: tuple[str, ...]) -> gr.themes.Color:
    return gr.themes.Color(*tones, name=name)


def build_css() -> str:
    """All style sheets as one text."""
    return "\n".join(asset(name) for name in STYLES)


def build_head() -> str:
    """What goes into the document's head: theme at once, keys, help texts, the tab left last."""
    # "<" as an escape keeps the texts from ending the script element early.
    texts = json.dumps(HELP).replace("<", "\\u003c")
    script = asset("head.js").replace("__HELP__", texts) + asset("last_tab.js")
    script += asset("prompt_keys.js")
    return f'<link rel="icon" href="{ICON}"><script>{script}</script>'
