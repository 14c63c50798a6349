"""The screenshots of the tabs that start from a picture: each idle, and with a result."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

PATIENCE = 240_000
# A crude landscape: brush width as a share of the canvas, colour, and a stroke in shares of it.
STROKES = (
    (0.30, "Sky blue", ((0.0, 0.1), (1.0, 0.1))),
    (0.22, "Yellow", ((0.0, 0.42), (1.0, 0.42))),
    (0.30, "Green", ((0.0, 0.85), (1.0, 0.85))),
    (0.16, "Green", ((0.0, 0.62), (0.35, 0.55), (0.7, 0.64), (1.0, 0.58))),
    (0.09, "Red", ((0.7, 0.3), (0.71, 0.32))),
)


def take_picture_tabs(page: Page, shoot: Callable[[Page, str], None], suffix: str) -> None:
    """Drive the three tabs on an open page; each picture goes on to the next tab.

    Depth to image needs a depth checkpoint and an estimator, and is shown idle without them.
    """
    sketch = _open(page, "Image to image")
    shoot(page, f"image-to-image-idle-{suffix}")
    _draw(sketch)
    _paint(sketch, "rolling hills in autumn at sunset")
    sketch.get_by_role("button", name="Compare").click()
    shoot(page, f"image-to-image-done-{suffix}")

    inpaint = _open(page, "Inpaint")
    shoot(page, f"inpaint-idle-{suffix}")
    _open(page, "Image to image").get_by_role("button", name="Use in Inpaint").click()
    expect(_facts(inpaint)).to_contain_text("painted", timeout=PATIENCE)
    _stroke(inpaint, ((0.35, 0.25), (0.5, 0.2), (0.62, 0.3)), 0.22)
    _paint(inpaint, "a red hot-air balloon over rolling hills in autumn at sunset")
    shoot(page, f"inpaint-done-{suffix}")

    depth = _open(page, "Depth to image")
    shoot(page, f"depth-to-image-idle-{suffix}")
    _open(page, "Inpaint").get_by_role("button", name="Use in Depth to image").click()
    switch = depth.locator(".misfit button")
    if not switch.is_visible():
        print("There is no depth checkpoint: Depth to image is not painted.")
        return
    switch.click()
    expect(switch).to_be_hidden()
    expect(_facts(depth)).to_contain_text("estimated by", timeout=PATIENCE)
    _paint(depth, "rolling hills in winter at night")
    shoot(page, f"depth-to-image-done-{suffix}")
    _open(page, "Text to image").locator(".misfit button").click()


def _open(page: Page, name: str) -> Locator:
    page.get_by_role("tab", name=name).click()
    tab = page.locator(f"#{name.lower().replace(' ', '-')}")
    tab.locator(".easel").first.wait_for()
    return tab


def _facts(tab: Locator) -> Locator:
    return tab.locator('.painter [data-part="facts"]')


def _draw(tab: Locator) -> None:
    tab.get_by_role("button", name="Start drawing").click()
    for width, colour, points in STROKES:
        tab.get_by_role("button", name=colour, exact=True).click()
        _stroke(tab, points, width)


def _stroke(tab: Locator, points: tuple[tuple[float, float], ...], width: float) -> None:
    """Drag the mouse; points and the brush's width are shares of the canvas."""
    layer = tab.locator('canvas[data-part="layer"]')
    side = layer.evaluate("(it) => it.width")
    tab.get_by_label("Brush size").fill(str(min(256, round(width * side))))
    box = layer.bounding_box()
    assert box is not None
    mouse = tab.page.mouse
    for index, (x, y) in enumerate(points):
        mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
        if index == 0:
            mouse.down()
    mouse.up()


def _paint(tab: Locator, prompt: str) -> None:
    tab.get_by_label("Prompt", exact=True).fill(prompt)
    tab.get_by_label("Prompt", exact=True).press("Tab")
    tab.get_by_role("button", name="Generate").click()
    status = tab.locator('[data-part="status"]')
    expect(status).to_contain_text("Finished in", timeout=PATIENCE)
