"""The whole program as an artist starts it: app.py, the bundled model, a real browser."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from backend.studio.infotext import read_infotext
from tests.browser.program import PATIENCE, ROOT, Program, started
from tests.browser.test_browser_painting import (
    FINISHED_PICTURE,
    NOTE_PICTURES,
    generate,
    past_steps,
    picture,
    set_number,
    status,
    wait_for_step,
)
from tests.browser.test_browser_pictures import facts, open_tab, set_size, start_drawing, stroke

DEPTH = ROOT / "models" / "bundled" / "storybook-depth"
STORYBOOK = ROOT / "models" / "bundled" / "storybook"
NATIVE_SIDE = 8 * json.loads((STORYBOOK / "unet" / "config.json").read_text())["sample_size"]


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Iterator[Program]:
    with started(tmp_path_factory.mktemp("outputs")) as running:
        yield running


def test_words_become_a_picture_that_is_seen_at_every_step_and_saved(program, artist):
    page = artist.open(program.url)
    before = len(program.pictures())
    page.get_by_label("Prompt", exact=True).click()
    page.keyboard.press("Control+a")
    page.keyboard.type("a red hot-air balloon over a lake at sunset")
    set_number(page, "seed", 77)
    expect(page.locator('[id="text-to-image--tokens"] output')).to_have_text(
        "11/75", timeout=PATIENCE
    )
    page.evaluate(NOTE_PICTURES)
    page.keyboard.press("Control+Enter")
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    expect(picture(page)).to_have_attribute("src", FINISHED_PICTURE)
    seen = page.evaluate("window.seen")
    assert len({src for src in seen[:-1] if src.startswith("data:image/jpeg")}) >= 19
    expect(past_steps(page)).to_have_count(20)
    saved = program.pictures()
    assert len(saved) == before + 1
    assert re.fullmatch(r"\d{5}-77\.png", saved[-1].name)
    with Image.open(saved[-1]) as written:
        assert written.size == (NATIVE_SIDE, NATIVE_SIDE)
        pairs = read_infotext(written.info["parameters"])
    assert pairs["Prompt"] == "a red hot-air balloon over a lake at sunset"
    assert (pairs["Seed"], pairs["Steps"], pairs["Model"]) == ("77", "20", "storybook")


def test_dreambeach_is_dream_and_beach_and_weights_are_shown(program, artist):
    page = artist.open(program.url)
    page.get_by_label("Prompt", exact=True).click()
    page.keyboard.press("Control+a")
    page.keyboard.type("dreambeach at (night:1.3) <lora:no-such-thing:0.5>")
    view = page.locator('[id="text-to-image--tokens"]')
    expect(view.locator(".chip:not(.named)")).to_have_text(
        ["dream", "beach", "at", "night1.3"], timeout=PATIENCE
    )
    expect(view.locator(".problem")).to_contain_text("no LoRA called “no-such-thing”")
    set_number(page, "steps", 2)
    generate(page)
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    expect(page.locator("#text-to-image")).to_contain_text("There is no LoRA called")
    with Image.open(program.pictures()[-1]) as written:
        pairs = read_infotext(written.info["parameters"])
    assert pairs["Prompt"] == "dreambeach at (night:1.3) <lora:no-such-thing:0.5>"


def test_a_running_picture_is_stopped_and_the_next_one_paints(program, artist):
    page = artist.open(program.url)
    before = len(program.pictures())
    set_number(page, "steps", 150)
    generate(page)
    wait_for_step(page, 3)
    page.keyboard.press("Escape")
    expect(status(page)).to_contain_text("nothing was decoded after it", timeout=PATIENCE)
    assert len(program.pictures()) == before
    set_number(page, "steps", 3)
    generate(page)
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    assert len(program.pictures()) == before + 1


def test_a_reload_in_mid_picture_loses_nothing(program, artist):
    page = artist.open(program.url)
    set_number(page, "steps", 100)
    generate(page)
    wait_for_step(page, 5)
    page.reload()
    wait_for_step(page, 6)
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    expect(past_steps(page)).to_have_count(100)
    expect(picture(page)).to_have_attribute("src", FINISHED_PICTURE)


def test_a_sketch_becomes_a_picture_and_a_part_of_it_is_painted_anew(program, artist):
    page = artist.open(program.url)
    sketch = open_tab(page, "Image to image")
    start_drawing(sketch, 256, 256)
    paint_at(sketch, "image-to-image", 256)
    set_size(sketch, 60)
    stroke(sketch, (0, 220), (256, 220))
    generate(page)
    finish(sketch)
    sketch.get_by_role("button", name="Use in Inpaint").click()
    inpaint = page.locator("#inpaint")
    expect(facts(inpaint)).to_contain_text("256 × 256")
    paint_at(inpaint, "inpaint", 256)
    set_size(inpaint, 60)
    stroke(inpaint, (90, 80), (150, 80))
    generate(page)
    finish(inpaint)
    before, after = (np.asarray(Image.open(path)) for path in program.pictures()[-2:])
    changed = (before != after).any(-1)
    assert changed[60:100, 80:160].mean() > 0.5
    changed[:160] = False  # the mask ends at row 110; three deviations of its blur are 24 more
    assert not changed.any()


@pytest.mark.skipif(not DEPTH.is_dir(), reason="the depth model is not bundled")
def test_a_picture_is_painted_anew_over_its_depth_and_sent_on(program, artist):
    page = artist.open(program.url)
    sketch = open_tab(page, "Image to image")
    start_drawing(sketch, 256, 256)
    paint_at(sketch, "image-to-image", 256)
    set_size(sketch, 90)
    stroke(sketch, (0, 220), (256, 220))
    generate(page)
    finish(sketch)
    sketch.get_by_role("button", name="Use in Depth to image").click()
    depth = page.locator("#depth-to-image")
    expect(facts(depth)).to_contain_text("estimated by", timeout=PATIENCE)
    tones = depth.locator('canvas[data-part="map"]').evaluate(TONES)
    assert tones > 20  # the map is no plain grey
    depth.locator(".misfit button").click()
    expect(depth.locator(".misfit")).to_be_hidden()
    expect(depth.locator(".explorer img")).to_be_visible(timeout=PATIENCE)
    generate(page)
    finish(depth)
    with Image.open(program.pictures()[-1]) as painted:
        pairs = read_infotext(painted.info["parameters"])
    assert pairs["Depth map"] == "estimated"
    assert pairs["Model"] == DEPTH.name
    depth.get_by_role("button", name="Use in Image to image").click()
    expect(facts(sketch)).to_contain_text("256 × 256", timeout=PATIENCE)
    page.locator("#image-to-image .misfit button").click()


TONES = """(it) => new Set(
  it.getContext('2d').getImageData(0, 0, it.width, it.height).data.filter((_, at) => at % 4 === 0)
).size"""


def paint_at(tab: Locator, task: str, side: int) -> None:
    """Ask for a square picture of this side, whatever the model's own size is."""
    for field in ("width", "height"):
        number = tab.locator(f'[id="{task}--{field}"] input')
        number.fill(str(side))
        number.press("Tab")


def finish(tab: Locator) -> None:
    """Wait for the result, having seen a preview."""
    tab.locator('[data-part="image"][src^="data:image/jpeg"]').wait_for(timeout=PATIENCE)
    expect(tab.locator('[data-part="status"]')).to_contain_text("Finished in", timeout=PATIENCE)


def test_another_site_can_neither_paint_nor_read(program):
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        request = urllib.request.Request(f"{program.url}atelier/recent", headers=headers)
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(request)
        assert refusal.value.code == 403
