"""Depth to image, soft masks, larger canvases and the strength explorer, with a real mouse."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from playwright.sync_api import Locator, expect

from backend.tasks import DepthToImage, ImageToImage
from tests.browser.test_browser_page import NAMELESS
from tests.browser.test_browser_painting import PATIENCE, generate
from tests.browser.test_browser_pictures import (
    HOLD,
    facts,
    fault,
    last_request,
    load,
    open_tab,
    png,
    set_size,
    start_drawing,
    stroke,
    wait_until_finished,
)

ALPHA = "(it, [x, y]) => it.getContext('2d').getImageData(x, y, 1, 1).data[3]"
GREY = "(it, [x, y]) => it.getContext('2d').getImageData(x, y, 1, 1).data[0]"


def canvas(tab: Locator, name: str) -> Locator:
    return tab.locator(f'canvas[data-part="{name}"]')


def opacity(tab: Locator, x: int, y: int) -> int:
    return canvas(tab, "layer").evaluate(ALPHA, [x, y])


def nearness(tab: Locator, x: int, y: int) -> int:
    return canvas(tab, "map").evaluate(GREY, [x, y])


def test_a_depth_map_is_seen_bent_painted_on_and_painted_from(serve: Callable, artist):
    served = serve(pace=0.02)
    page = artist.open(served.url)
    tab = open_tab(page, "Depth to image")
    generate(page)
    expect(fault(tab, "stage")).to_contain_text("Load a picture whose shapes are to be kept")
    load(tab, png(320, 200))
    expect(facts(tab)).to_have_text("320 × 200 · depth estimated by dpt", timeout=PATIENCE)
    assert abs(nearness(tab, 5, 199) - 255) < 6  # near below, far above
    assert nearness(tab, 5, 1) < 6
    generate(page)
    wait_until_finished(tab)
    task = last_request(served.studio).task
    assert isinstance(task, DepthToImage)
    assert (task.depth, task.strength) == (None, 1)
    tab.get_by_role("button", name="Invert").click()
    assert nearness(tab, 5, 1) > 249
    tab.get_by_label("Near level").fill("60")
    tab.get_by_label("Brush nearness").fill("20")
    set_size(tab, 30)
    stroke(tab, (40, 100), (280, 100))
    tab.get_by_role("button", name="Picture", exact=True).click()
    for name in ("map", "layer"):
        expect(canvas(tab, name)).to_have_css("opacity", "0")
    stroke(tab, (100, 30), (110, 30))  # no stroke goes unseen
    for name in ("map", "layer"):
        expect(canvas(tab, name)).to_have_css("opacity", "1")
    generate(page)
    tab.locator('[data-part="image"][src^="data:image/jpeg"]').wait_for(timeout=PATIENCE)
    wait_until_finished(tab)
    task = last_request(served.studio).task
    assert isinstance(task, DepthToImage)
    assert task.depth is not None
    depth = np.asarray(served.studio.input_picture(task.depth))
    assert depth.shape == (200, 320, 3)
    assert abs(int(depth[100, 160, 0]) - 51) <= 1
    assert abs(int(depth[5, 300, 0]) - nearness(tab, 300, 5)) <= 1
    tab.get_by_role("button", name="Compare").click()
    expect(tab.locator(".compare")).to_be_visible()
    tab.get_by_role("button", name="Estimated map").click()
    expect(tab.get_by_label("Near level")).to_have_value("100")
    assert opacity(tab, 160, 100) == 0
    tab.get_by_role("button", name="Use in Inpaint").click()
    expect(facts(page.locator("#inpaint"))).to_contain_text("320 × 200", timeout=PATIENCE)
    assert page.evaluate(NAMELESS) == []


def test_an_own_depth_map_outlives_a_reload_and_must_have_the_picture_s_shape(
    serve: Callable, artists: Callable
):
    artist = artists(viewport={"width": 390, "height": 844})
    page = artist.open(serve(pace=0.01).url)
    tab = open_tab(page, "Depth to image")
    load(tab, png(120, 80))
    expect(facts(tab)).to_contain_text("estimated by dpt", timeout=PATIENCE)
    load(tab, png(60, 60, "L", 99), "depth-file")
    expect(fault(tab, "painter")).to_contain_text("The depth map is 60 × 60 pixels")
    load(tab, png(240, 160, "L", 99), "depth-file")
    expect(facts(tab)).to_have_text("120 × 80 · your own depth map")
    assert nearness(tab, 60, 40) == 99
    tab.get_by_role("button", name="Invert").click()
    page.reload()
    expect(facts(tab)).to_have_text("120 × 80 · your own depth map", timeout=PATIENCE)
    assert nearness(tab, 60, 40) == 255 - 99
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_depth_asked_for_while_the_engine_starts_comes_when_it_is_ready(serve: Callable, artist):
    served = serve(warming=3600)
    page = artist.open(served.url)
    tab = open_tab(page, "Depth to image")
    load(tab, png(120, 80))
    expect(facts(tab)).to_contain_text("once the engine is ready", timeout=PATIENCE)
    caption = tab.locator(".explorer figcaption")
    expect(caption).to_contain_text("engine is starting", timeout=PATIENCE)
    artist.faults.clear()  # the browser's own note of the 503
    served.studio._ready_at = 0.0
    expect(facts(tab)).to_contain_text("estimated by dpt", timeout=PATIENCE)
    expect(tab.locator(".explorer img")).to_be_visible(timeout=PATIENCE)


def test_a_checkpoint_that_cannot_do_the_task_is_switched_by_one_click(serve: Callable, artist):
    page = artist.open(serve().url)
    text = page.locator("#text-to-image")
    expect(text.locator(".misfit")).to_be_hidden()
    tab = open_tab(page, "Depth to image")
    expect(tab.locator(".misfit")).to_contain_text("storybook paints without a depth map")
    tab.get_by_role("button", name="Switch to storybook-depth").click()
    expect(tab.locator(".misfit")).to_be_hidden()
    checkpoint = page.locator('[id="bar--checkpoint"] input')
    expect(checkpoint).to_have_value("storybook-depth")
    inpaint = open_tab(page, "Inpaint")
    inpaint.get_by_role("button", name="Switch to storybook", exact=True).click()
    expect(checkpoint).to_have_value("storybook")
    expect(inpaint.locator(".misfit")).to_be_hidden()


def test_a_soft_mask_is_brushed_in_strengths_that_never_add_up(serve: Callable, artist):
    served = serve(pace=0.01)
    page = artist.open(served.url)
    tab = open_tab(page, "Inpaint")
    load(tab, png(300, 200))
    soft = tab.get_by_label("Soft: greys are strengths")
    set_size(tab, 40)
    stroke(tab, (40, 60), (260, 60))
    expect(soft).not_to_be_checked()
    tab.get_by_label("Brush strength").fill("40")
    stroke(tab, (40, 140), (260, 140), (40, 140))
    stroke(tab, (150, 20), (150, 180))
    expect(soft).to_be_checked()
    for x, y in ((150, 140), (100, 140), (150, 60)):  # crossed, alone, over the full stroke
        assert abs(opacity(tab, x, y) - 102) <= 2
    assert opacity(tab, 60, 60) == 255
    tab.get_by_label("How clearly the mask shows").fill("90")
    expect(canvas(tab, "layer")).to_have_css("opacity", "0.9")
    tab.get_by_role("button", name="Hide").click()
    stroke(tab, (20, 20), (30, 20))
    expect(canvas(tab, "layer")).to_have_css("opacity", "0.9")
    generate(page)
    wait_until_finished(tab)
    task = last_request(served.studio).task
    assert task.soft
    mask = np.asarray(served.studio.input_picture(task.mask))[:, :, 0]
    assert abs(int(mask[140, 100]) - 102) <= 2
    assert mask[60, 60] == 255
    assert mask[190, 290] == 0


def test_the_canvas_is_extended_and_what_is_new_is_masked(serve: Callable, artist):
    served = serve(pace=0.01)
    page = artist.open(served.url)
    tab = open_tab(page, "Inpaint")
    load(tab, png(300, 201))
    set_size(tab, 20)
    stroke(tab, (50, 50), (60, 50))
    tab.get_by_role("button", name="Extend the canvas").click()
    tab.get_by_role("button", name="Extend", exact=True).click()
    expect(fault(tab, "painter")).to_contain_text("by how many pixels")
    artist.faults.clear()  # the browser's own note of the refusal
    tab.get_by_label("Right", exact=True).fill("100")
    tab.get_by_role("button", name="Extend", exact=True).click()
    expect(facts(tab)).to_contain_text("400 × 201")
    assert (opacity(tab, 350, 100), opacity(tab, 200, 100)) == (255, 0)
    assert opacity(tab, 55, 50) == 255  # the mask from before, still where it was
    expect(tab.get_by_label("Width", exact=True)).to_have_value("400")
    expect(tab.get_by_label("Height", exact=True)).to_have_value("201")
    generate(page)
    wait_until_finished(tab)
    request = last_request(served.studio)
    assert (request.width, request.height) == (400, 201)
    assert (request.task.masked_content, request.task.area) == ("fill", "Whole picture")


def test_moving_the_strength_shows_what_survives_before_any_painting(serve: Callable, artist):
    served = serve()
    page = artist.open(served.url)
    tab = open_tab(page, "Image to image")
    shown = tab.locator(".explorer img")
    expect(shown).to_be_hidden()
    start_drawing(tab, 192, 128)
    expect(shown).to_have_attribute("src", re.compile("^data:image/jpeg"), timeout=PATIENCE)
    before = shown.get_attribute("src")
    set_size(tab, 40)
    stroke(tab, (20, 100), (170, 100))
    strength = tab.locator('[id="image-to-image--strength"] input[type=range]')
    strength.fill("0.3")
    expect(shown).not_to_have_attribute("src", before, timeout=PATIENCE)
    expect(tab.locator(".hint")).to_contain_text("6 of 20 steps")
    asked = served.studio.previews[-1]
    assert isinstance(asked.task, ImageToImage)
    assert asked.task.strength == 0.3
    drawn = served.studio.input_picture(asked.task.picture)
    assert drawn.getpixel((100, 100)) != drawn.getpixel((100, 20))
    assert served.studio.jobs == {}


def test_a_map_of_another_shape_leaves_the_estimate_on_its_way(serve: Callable, artist):
    page = artist.open(serve().url)
    tab = open_tab(page, "Depth to image")
    page.evaluate(HOLD, "studies/depth")
    load(tab, png(120, 80))
    page.wait_for_function("() => window.letGo")
    load(tab, png(60, 60, "L", 99), "depth-file")
    expect(fault(tab, "painter")).to_contain_text("The depth map is 60 × 60 pixels")
    page.evaluate("letGo()")
    expect(facts(tab)).to_have_text("120 × 80 · depth estimated by dpt", timeout=PATIENCE)
