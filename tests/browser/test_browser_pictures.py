"""Starting from a picture: drawn, loaded, masked with the mouse, and sent from tab to tab."""

from __future__ import annotations

import io
import re
from base64 import b64encode
from collections.abc import Callable

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from backend.request import GenerationRequest
from tests.browser.test_browser_page import NAMELESS
from tests.browser.test_browser_painting import FINISHED_PICTURE, PATIENCE, generate
from tests.ui.fake_studio import FakeStudio

GREEN, SKY = (79, 138, 60), (140, 195, 234)


def open_tab(page: Page, name: str) -> Locator:
    page.get_by_role("tab", name=name).click()
    tab = page.locator(f"#{name.lower().replace(' ', '-')}")
    tab.locator(".easel").first.wait_for()
    return tab


def stroke(tab: Locator, *points: tuple[float, float]) -> None:
    """Drag the mouse along points in pixels of the picture."""
    canvas = tab.locator('canvas[data-part="layer"]')
    box, scale = canvas.bounding_box(), canvas.evaluate("(it) => it.clientWidth / it.width")
    assert box is not None
    mouse = tab.page.mouse
    for index, (x, y) in enumerate(points):
        mouse.move(box["x"] + x * scale, box["y"] + y * scale, steps=4)
        if index == 0:
            mouse.down()
    mouse.up()


def png(width: int, height: int, mode: str = "RGB", colour: object = "skyblue") -> dict:
    target = io.BytesIO()
    Image.new(mode, (width, height), colour).save(target, "PNG")
    return {"name": "picture.png", "mimeType": "image/png", "buffer": target.getvalue()}


def load(tab: Locator, file: dict, part: str = "file") -> None:
    tab.locator(f'input[data-part="{part}"]').set_input_files(file)


def facts(tab: Locator) -> Locator:
    return tab.locator('.painter [data-part="facts"]')


def fault(tab: Locator, side: str) -> Locator:
    return tab.locator(f'.{side} [data-part="fault"]')


def set_size(tab: Locator, size: int) -> None:
    tab.get_by_label("Brush size").fill(str(size))


def wait_until_finished(tab: Locator) -> None:
    status = tab.locator('[data-part="status"]')
    expect(status).to_contain_text("Finished in", timeout=PATIENCE)


def last_request(studio: FakeStudio) -> GenerationRequest:
    return list(studio.jobs.values())[-1].request


def start_drawing(tab: Locator, width: int, height: int) -> None:
    tab.get_by_label("Width of the canvas").fill(str(width))
    tab.get_by_label("Height of the canvas").fill(str(height))
    tab.get_by_label("Colour of the ground").fill("#8cc3ea")
    tab.get_by_role("button", name="Start drawing").click()


def test_a_sketch_is_drawn_painted_over_and_compared(serve: Callable, artist):
    served = serve(pace=0.05)
    page = artist.open(served.url)
    tab = open_tab(page, "Image to image")
    generate(page)
    expect(fault(tab, "stage")).to_contain_text("Load, paste or draw a picture")
    start_drawing(tab, 320, 192)
    expect(tab.get_by_label("Width", exact=True)).to_have_value("320")
    set_size(tab, 30)
    tab.get_by_role("button", name="Green").click()
    stroke(tab, (40, 150), (280, 150))
    tab.get_by_role("button", name="Red").click()
    stroke(tab, (160, 40), (200, 60))
    tab.get_by_role("button", name="Undo").click()
    tab.get_by_role("button", name="Eraser").click()
    stroke(tab, (260, 110), (260, 190))
    page.keyboard.press("Control+Enter")
    tab.locator('[data-part="image"][src^="data:image/jpeg"]').wait_for(timeout=PATIENCE)
    wait_until_finished(tab)
    expect(tab.locator(".step[data-filled]:not(.last)")).to_have_count(12)
    request = last_request(served.studio)
    drawn = served.studio.input_picture(request.task.picture)
    assert (drawn.size, request.width, request.height) == ((320, 192), 320, 192)
    at = {where: drawn.getpixel(where) for where in ((160, 150), (180, 50), (260, 150))}
    assert at == {(160, 150): GREEN, (180, 50): SKY, (260, 150): SKY}
    tab.get_by_role("button", name="Compare").click()
    line = tab.get_by_label("From the result to the input")
    page.mouse.move(*centre(tab.locator(".compare")))
    page.mouse.down()
    page.mouse.move(0, 500)
    page.mouse.up()
    expect(line).to_have_value("0")
    line.press("End")
    expect(tab.locator('[data-part="compare-line"]')).to_have_css("left", re.compile("[1-9]"))
    assert page.evaluate(NAMELESS) == []


def test_a_size_typed_meanwhile_is_not_overwritten_by_a_late_answer(serve: Callable, artist):
    page = artist.open(serve().url)
    tab = open_tab(page, "Image to image")
    width, height = (tab.get_by_label(name, exact=True) for name in ("Width", "Height"))
    late: list[Route] = []

    def hold(route: Route) -> None:
        if '"event_data":{"width":320' in (route.request.post_data or ""):
            late.append(route)
        else:
            route.continue_()

    page.route("**/gradio_api/**", hold)
    with page.expect_request(lambda asked: '"width":320' in (asked.post_data or "")):
        start_drawing(tab, 320, 192)
    width.fill("256")
    with page.expect_response(lambda answer: answer.request == late[0].request) as answer:
        late[0].continue_()
    answer.value.finished()
    page.wait_for_timeout(500)  # an answer is put into the page at once
    expect(width).to_have_value("256")
    expect(height).to_have_value("512")
    load(tab, png(448, 384))
    expect(width).to_have_value("448")
    expect(height).to_have_value("384")


def centre(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_painted_mask_arrives_exact_and_outlives_tabs_and_runs(serve: Callable, artist):
    served = serve(pace=0.01)
    page = artist.open(served.url)
    tab = open_tab(page, "Inpaint")
    load(tab, png(300, 200))
    expect(facts(tab)).to_have_text("300 × 200 · 0.0 % painted")
    generate(page)
    expect(fault(tab, "stage")).to_contain_text("The mask is empty")
    set_size(tab, 40)
    stroke(tab, (60, 100), (240, 100))
    expect(facts(tab)).to_have_text(re.compile(r"300 × 200 · 14\.\d % painted"))
    painted = facts(tab).inner_text()
    open_tab(page, "Text to image")
    open_tab(page, "Inpaint")
    tab.get_by_role("button", name="Hide").click()
    layer = tab.locator('canvas[data-part="layer"]')
    expect(layer).to_have_css("opacity", "0")
    generate(page)
    wait_until_finished(tab)
    expect(layer).to_have_css("opacity", "0.58")
    expect(facts(tab)).to_have_text(painted)
    task = last_request(served.studio).task
    mask = np.asarray(served.studio.input_picture(task.mask).convert("L"))
    assert mask.shape == (200, 300)
    rows, columns = np.nonzero(mask > 127)
    edges = (columns.min(), columns.max() + 1, rows.min(), rows.max() + 1)
    assert np.abs(np.subtract(edges, (40, 260, 80, 120))).max() <= 1
    assert page.evaluate(NAMELESS) == []


def test_a_mask_may_be_a_file_or_the_transparent_part(serve: Callable, artist):
    page = artist.open(serve().url)
    tab = open_tab(page, "Inpaint")
    load(tab, {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(fault(tab, "painter")).to_contain_text("not a picture")
    assert "422" in artist.faults.pop()  # the browser's own note of the refusal
    load(tab, png(300, 200, "RGBA", (200, 30, 30, 0)))
    tab.get_by_role("button", name="Mask from transparency").click()
    expect(facts(tab)).to_contain_text("100.0 % painted")
    tab.get_by_role("button", name="Invert").click()
    expect(facts(tab)).to_contain_text("0.0 % painted")
    load(tab, png(60, 60), "mask-file")
    expect(fault(tab, "painter")).to_contain_text("The mask is 60 × 60 pixels")
    load(tab, png(150, 100, "L", 255), "mask-file")
    expect(facts(tab)).to_contain_text("100.0 % painted")
    page.keyboard.press("Control+z")
    expect(facts(tab)).to_contain_text("0.0 % painted")


def test_a_finished_picture_is_sent_on_with_its_settings(serve: Callable, artist):
    served = serve(pace=0.01)
    page = artist.open(served.url)
    page.get_by_label("Prompt", exact=True).fill("a violet balloon")
    page.get_by_label("Seed", exact=True).fill("77")
    generate(page)
    page.get_by_role("button", name="Use in Inpaint").click(timeout=PATIENCE)
    inpaint = page.locator("#inpaint")
    expect(facts(inpaint)).to_have_text("512 × 512 · 0.0 % painted")
    expect(inpaint.get_by_label("Prompt", exact=True)).to_have_value("a violet balloon")
    expect(inpaint.get_by_label("Seed", exact=True)).to_have_value("77")
    stroke(inpaint, (200, 100), (300, 100))
    generate(page)
    wait_until_finished(inpaint)
    inpaint.get_by_role("button", name="Use in Image to image").click()
    over = page.locator("#image-to-image")
    expect(facts(over)).to_have_text("512 × 512")
    expect(over.get_by_label("Prompt", exact=True)).to_have_value("a violet balloon")
    page.locator(".recent-strip button").last.click()
    expect(over.locator('[data-part="image"]')).to_have_attribute("src", FINISHED_PICTURE)
    over.get_by_role("button", name="Use in Image to image").click()
    generate(page)
    wait_until_finished(over)
    first, *_, last = (job.request for job in served.studio.jobs.values())
    path = served.studio.recent(3)[-1].path
    with Image.open(path) as painted:
        sent = served.studio.input_picture(last.task.picture)
        assert np.array_equal(np.asarray(sent), np.asarray(painted.convert("RGB")))
    assert (last.prompt, last.seed) == (first.prompt, first.seed)


PASTE = """([kind, selector, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], 'a.png', { type: 'image/png' }));
  const options = { bubbles: true, cancelable: true };
  const event = kind === 'drop'
    ? new DragEvent('drop', { ...options, dataTransfer: data })
    : new ClipboardEvent('paste', { ...options, clipboardData: data });
  document.querySelector(selector).dispatchEvent(event);
}"""


def test_pictures_may_be_dropped_or_pasted_and_outlive_a_reload(serve: Callable, artists: Callable):
    page = artists(viewport={"width": 390, "height": 844}).open(serve(pace=0.01).url)
    tab = open_tab(page, "Image to image")
    for kind, size in (("drop", (96, 64)), ("paste", (128, 64))):
        content = b64encode(png(*size)["buffer"]).decode()
        page.evaluate(PASTE, [kind, '#image-to-image [data-part="board"]', content])
        expect(facts(tab)).to_have_text(f"{size[0]} × {size[1]}")
    stroke(tab, (30, 30), (60, 40))
    page.reload()
    expect(page.get_by_role("tab", name="Image to image")).to_have_attribute(
        "aria-selected", "true"
    )
    expect(facts(tab)).to_have_text("128 × 64")
    expect(tab.get_by_label("Width", exact=True)).to_have_value("128")
    alpha = "(it) => it.getContext('2d').getImageData(30, 30, 1, 1).data[3]"
    assert tab.locator('canvas[data-part="layer"]').evaluate(alpha) == 255
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# Holds back the first POST to an address until `letGo` is called.
HOLD = """(address) => {
  const real = window.fetch;
  let held = false;
  window.fetch = async (...asked) => {
    if (!held && asked[1]?.method === 'POST' && String(asked[0]).includes(address)) {
      held = true;
      await new Promise((done) => (window.letGo = done));
    }
    return real(...asked);
  };
}"""


def test_a_stroke_during_the_upload_is_in_the_next_picture(serve: Callable, artist):
    served = serve(pace=0.01)
    page = artist.open(served.url)
    tab = open_tab(page, "Inpaint")
    load(tab, png(300, 200))
    set_size(tab, 30)
    stroke(tab, (40, 50), (260, 50))
    page.evaluate(HOLD, "atelier/inputs")
    generate(page)
    page.wait_for_function("() => window.letGo")
    stroke(tab, (40, 150), (260, 150))
    page.evaluate("letGo()")
    wait_until_finished(tab)
    early = served.studio.input_picture(last_request(served.studio).task.mask).convert("L")
    assert [early.getpixel((150, y)) for y in (50, 150)] == [255, 0]
    generate(page)
    expect(tab.locator('[data-part="status"]')).not_to_contain_text("Finished in")
    wait_until_finished(tab)
    late = served.studio.input_picture(last_request(served.studio).task.mask).convert("L")
    assert [late.getpixel((150, y)) for y in (50, 150)] == [255, 255]


def test_of_two_pictures_loaded_quickly_the_later_one_stays(serve: Callable, artist):
    page = artist.open(serve().url)
    tab = open_tab(page, "Image to image")
    page.evaluate(HOLD, "atelier/inputs")
    load(tab, png(300, 200))
    page.wait_for_function("() => window.letGo")
    load(tab, png(120, 80))
    page.evaluate("letGo()")
    expect(facts(tab)).to_contain_text("120 × 80", timeout=PATIENCE)
    page.wait_for_timeout(500)
    expect(facts(tab)).to_contain_text("120 × 80")
