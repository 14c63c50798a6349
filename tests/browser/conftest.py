"""A real Chromium on the page of a fake studio, with a watch on all that goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.serving import serving
from tests.ui.fake_studio import FakeStudio
from ui.page import mount_page

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Served:
    """The page of one fake studio, on a port of its own."""

    studio: FakeStudio
    url: str


# One browser a module, not a session: Playwright's loop would be in the way of later tests' own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        program = _chromium_program(driver)
        if program is None:
            pytest.skip("no Chromium here: install the package chromium to drive the page")
        browser = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


def _chromium_program(driver: Playwright) -> str | None:
    """The system's Chromium, else the one that Playwright installs, else None."""
    candidates = [*map(shutil.which, NAMES), driver.chromium.executable_path]
    return next((one for one in candidates if one and Path(one).exists()), None)


@contextmanager
def serve_fake(outputs: Path, pace: float = 0.1, warming: float = 0.0) -> Iterator[Served]:
    """The page on a fake studio of the given pace, on a free port, inside a `with`."""
    studio = FakeStudio(outputs, pace=pace, warming=warming)
    studio.library.watch(every=0.2)
    with serving(mount_page(FastAPI(), studio)) as port:
        yield Served(studio, f"http://127.0.0.1:{port}/")
    studio.library.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Serve the page on a fake studio of the given pace; stopped when the test is over."""
    with ExitStack() as servers:
        yield lambda **speed: servers.enter_context(serve_fake(tmp_path, **speed))


@dataclass
class Artist:
    """A browser with its own storage; `faults` gathers what no visit may cause."""

    context: BrowserContext
    faults: list[str] = field(default_factory=list)

    def open(self, url: str) -> Page:
        page = self.context.new_page()
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", lambda request: self._check_address(request.url))
        page.goto(url)
        page.get_by_role("button", name="Generate").wait_for(timeout=30_000)
        page.locator(".easel").wait_for()
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.faults.append(f"console {kind}: {text}")

    def _check_address(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.faults.append(f"request leaves the machine: {url}")


@pytest.fixture
def artists(chromium: Browser) -> Iterator[Callable[..., Artist]]:
    """New browsers; at the end none of them may have met a fault."""
    everybody: list[Artist] = []

    def come(**options) -> Artist:
        options.setdefault("viewport", {"width": 1440, "height": 900})
        everybody.append(Artist(chromium.new_context(**options)))
        return everybody[-1]

    yield come
    for artist in everybody:
        artist.context.close()
        assert artist.faults == []


@pytest.fixture
def artist(artists: Callable[..., Artist]) -> Artist:
    return artists()
