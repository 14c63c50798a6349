"""The import directions of the design hold: arrows point one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"torch", "diffusers", "transformers"}
VALUES = {"errors", "events", "geometry", "models", "names", "request"}


def imported_modules(path: Path) -> set[str]:
    """Every module a file imports, wherever in the file it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def offenders(folder: str, forbidden: set[str]) -> list[str]:
    """Files of a folder that import a forbidden module or one below it."""
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in sorted(imported_modules(path))
        if any(name == each or name.startswith(each + ".") for each in forbidden)
    ]


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("ui", HEAVY | {"backend.engine", "backend.library"}),
        ("backend", {"gradio", "ui", "app", "training", "tests"}),
        ("backend/engine", {"backend.library", "backend.studio", "backend.api"}),
        ("backend/library", {"backend.engine", "backend.studio", "backend.api"}),
        ("backend/studio", {"backend.api"}),
        ("training", {"backend.studio", "backend.api", "ui", "app", "gradio"}),
    ],
)
def test_no_import_against_the_direction(folder, forbidden):
    assert offenders(folder, forbidden) == []


def test_values_import_nothing_heavy_and_no_part_of_the_program():
    parts = {f"backend.{part}" for part in ("engine", "library", "studio", "api")}
    for name in VALUES:
        imports = imported_modules(ROOT / "backend" / f"{name}.py")
        assert not {each for each in imports if each.split(".")[0] in HEAVY or each in parts}


def test_page_and_studio_load_without_torch():
    """Run in a process of its own, since other tests have imported torch into this one."""
    code = (
        "import sys; import backend.studio.studio, ui.page; "
        "print([name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip().splitlines()[-1] == "[]"
