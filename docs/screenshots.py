"""Takes the README's pictures of the page anew: `make screenshots`.

Starts the program on the bundled model with an empty outputs folder, drives it in headless
Chromium, and writes PNG files beside this module, in `screenshots/`.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from picture_tabs import take_picture_tabs
from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(__file__).resolve().parent / "screenshots"
SEED = "9"
SCENES = (
    "rolling hills in autumn at sunset, a hot-air balloon",
    "a lake at night under a full moon, a sailing boat",
    "snowy mountains at dawn, pine trees",
    "a desert at noon, a cactus on the left",
    "the sea at dusk, a lighthouse on the right",
    "a meadow in spring, flowers, a house with a red roof",
)
SHAPES = ((384, 256), (256, 256), (256, 320))
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def main() -> None:
    """Desktop in light and dark, painting and done, and a phone."""
    TARGET.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or sys.exit("These pictures need Chromium.")
    with (
        tempfile.TemporaryDirectory() as outputs,
        _served(Path(outputs)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        desktop = browser.new_page(viewport={"width": 1440, "height": 900})
        phone = browser.new_page(viewport={"width": 390, "height": 844})
        _desktop(desktop, url)
        _phone(phone, url)
        _fill_gallery(url)
        _gallery(desktop, url)
        _gallery_phone(phone, url)
        browser.close()


def _desktop(page: Page, url: str) -> None:
    _open(page, url)
    _shot(page, "idle-light")
    _paint(page)
    _shot(page, "done-light")
    page.get_by_role("button", name="Light or dark").click()
    steps = page.locator('[id="text-to-image--steps"] input[type=number]')
    steps.fill("150")  # long enough to be caught in the middle
    steps.press("Tab")
    page.keyboard.press("Control+Enter")
    _status(page, re.compile(r"Step ([6-9]\d|1\d\d) of 150")).wait_for(timeout=120_000)
    _shot(page, "painting-dark")
    _wait_for_picture(page)
    page.get_by_role("button", name="Light or dark").click()
    take_picture_tabs(page, _shot, "light")


def _phone(page: Page, url: str) -> None:
    _open(page, url)
    _paint(page)
    _shot(page, "done-phone")


def _fill_gallery(url: str) -> None:
    """Paint a few dozen small pictures, as any program may."""
    for number, words in enumerate(SCENES):
        width, height = SHAPES[number % len(SHAPES)]
        settings = {
            "prompt": words, "seed": 10 * number, "steps": 20, "cfg_scale": 4, "width": width,
            "height": height, "batch_size": 4, "send_images": False,
        }  # fmt: skip
        asked = urllib.request.Request(
            f"{url}/sdapi/v1/txt2img",
            data=json.dumps(settings).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(asked).close()


def _gallery(page: Page, url: str) -> None:
    """Thumbnails in light, a picture with its lineage in dark, two compared."""
    _open(page, url)
    page.get_by_role("button", name="Light or dark").click()
    _visit_gallery(page)
    _shot(page, "gallery-light")
    page.locator(".shot").nth(3).click()
    page.get_by_role("button", name="Use in Image to image").locator("visible=true").click()
    page.get_by_text(re.compile(r"^\d+ × \d+$")).locator("visible=true").first.wait_for()
    _paint(page)
    page.get_by_role("button", name="Light or dark").click()
    _visit_gallery(page)
    page.locator(".gallery-scroll").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.locator(".kin").first.wait_for()
    _shot(page, "gallery-open-dark")
    page.get_by_role("button", name="Compare with its source").click()
    time.sleep(1)
    _shot(page, "gallery-compare-dark")


def _gallery_phone(page: Page, url: str) -> None:
    _open(page, url)
    _visit_gallery(page)
    _shot(page, "gallery-phone")


def _visit_gallery(page: Page) -> None:
    page.get_by_role("tab", name="Gallery").click()
    page.locator(".shot img").first.wait_for()
    time.sleep(2)  # thumbnails are made when they are first asked for


def _open(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Generate").first.wait_for()
    page.get_by_text("/75").first.wait_for()
    page.get_by_label("Seed").first.fill(SEED)
    page.get_by_label("Seed").first.press("Tab")


def _paint(page: Page) -> None:
    page.keyboard.press("Control+Enter")
    _wait_for_picture(page)


def _wait_for_picture(page: Page) -> None:
    _status(page, "Finished in").wait_for(timeout=120_000)
    time.sleep(1.5)  # the recent strip is read anew after the picture


def _status(page: Page, words: str | re.Pattern[str]) -> Locator:
    """The line under the canvas of the tab on show, once it says so."""
    return page.locator('[data-part="status"]:visible').filter(has_text=words)


def _shot(page: Page, name: str) -> None:
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(0, 0)
    page.screenshot(path=TARGET / f"{name}.png")
    print(TARGET / f"{name}.png")


@contextmanager
def _served(outputs: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "app.py", "--port", str(port), "--outputs", str(outputs)]
    program = subprocess.Popen(command, cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url)
        yield url
    finally:
        program.terminate()
        program.wait()


def _wait_until_ready(url: str) -> None:
    for _ in range(240):
        time.sleep(0.5)
        try:
            with urllib.request.urlopen(f"{url}/atelier/state") as answer:
                if b'"ready"' in answer.read():
                    return
        except OSError:
            continue
    sys.exit("The program did not start.")


if __name__ == "__main__":
    main()
