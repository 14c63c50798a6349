"""The gallery: found, looked at, compared, put to use again, deleted and brought back."""

from __future__ import annotations

import json
import re
import zipfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from backend.errors import StorageError
from backend.request import GenerationRequest, ModelChoice
from backend.tasks import Inpaint
from tests.browser.test_browser_page import NAMELESS
from tests.browser.test_browser_painting import PATIENCE, set_number
from tests.browser.test_browser_pictures import PASTE
from tests.browser.test_browser_pictures import png as plain_png
from tests.ui.fake_pictures import png
from tests.ui.fake_studio import FakeStudio
from tests.unit.studio.a1111_examples import EXAMPLES
from ui.theme import ASSETS


def visit(page: Page) -> Locator:
    """Open the tab, from the menu where the window is too narrow for it."""
    tab = page.get_by_role("tab", name="Gallery")
    if not tab.is_visible():
        page.locator("#tasks .overflow-menu > button").click()
        page.locator("#tasks .overflow-dropdown button", has_text="Gallery").click()
    else:
        tab.click()
    page.locator(".gallery").wait_for()
    return page.locator("#gallery")


def paint(page: Page, words: str) -> None:
    """Paint three steps of some words in the tab on show."""
    page.get_by_label("Prompt", exact=True).locator("visible=true").fill(words)
    set_number(page, "steps", 3)
    page.keyboard.press("Control+Enter")
    done = page.locator('.stage [data-part="status"]:visible').filter(has_text="Finished in")
    done.wait_for(timeout=PATIENCE)


def saved(studio: FakeStudio, *prompts: str, **changes) -> list[GenerationRequest]:
    """Pictures as if they had been painted before."""
    requests = [
        GenerationRequest(
            prompt=prompt, width=256, height=192, seed=seed, steps=4,
            model=ModelChoice(checkpoint="storybook", checkpoint_hash=f"{512:064x}"), **changes,
        )
        for seed, prompt in enumerate(prompts, start=1)
    ]  # fmt: skip
    for request in requests:
        studio._save(request)
    return requests


def shots(page: Page) -> Locator:
    return page.locator(".shot")


def names(page: Page) -> list[str]:
    """The thumbnails' names in the order that they stand in."""
    script = """(all) => all
      .sort((a, b) => a.offsetTop - b.offsetTop || a.offsetLeft - b.offsetLeft)
      .map((one) => one.ariaLabel)"""
    return shots(page).evaluate_all(script)


def test_what_is_painted_is_found_favoured_and_looked_at(serve: Callable, artist):
    page = artist.open(serve(pace=0.01).url)
    gallery = visit(page)
    expect(gallery).to_contain_text("Every picture that you paint is kept here")
    gallery.get_by_role("button", name="Paint the first one").click()
    paint(page, "a green balloon")
    visit(page)
    expect(shots(page)).to_have_count(1)
    page.get_by_role("tab", name="Text to image").click()
    paint(page, "a violet lake")
    visit(page)
    expect(shots(page)).to_have_count(2)
    assert names(page) == ["a violet lake", "a green balloon"]
    gallery.get_by_label("Search the prompts").fill("gre ball")
    expect(shots(page)).to_have_count(1)
    expect(gallery.locator("output")).to_have_text("1 picture")
    shots(page).first.click()
    look = page.locator('[data-part="look"]')
    expect(look).to_contain_text("a green balloon")
    expect(look.locator(".step[data-filled]")).to_have_count(4)
    look.locator(".step").nth(0).click()
    expect(look).to_contain_text("Step 1 of 3, as it was")
    page.keyboard.press("ArrowRight")
    expect(look).to_contain_text("Step 2 of 3, as it was")
    expect(look.locator(".canvas > img")).to_have_attribute("src", re.compile("^data:image/jpeg"))
    look.get_by_role("button", name="Favourite").focus()
    page.keyboard.press("f")
    expect(look.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(NAMELESS) == []
    page.keyboard.press("Escape")
    expect(look).to_be_hidden()
    gallery.get_by_label("Search the prompts").fill("")
    expect(shots(page)).to_have_count(2)
    gallery.get_by_role("button", name="Favourites").click()
    expect(shots(page)).to_have_count(1)
    assert names(page) == ["a green balloon, favourite"]


def test_the_keys_alone_open_choose_delete_and_undo(serve: Callable, artist):
    served = serve()
    saved(served.studio, "one", "two", "three")
    page = artist.open(served.url)
    visit(page)
    shots(page).first.wait_for()
    page.locator(".gallery-scroll").focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    look = page.locator('[data-part="look"]')
    expect(look).to_contain_text("two")
    page.keyboard.press("ArrowRight")
    expect(look).to_contain_text("one")
    page.keyboard.press("Delete")
    expect(look).to_contain_text("two")
    expect(page.locator(".gallery-message")).to_contain_text("1 picture moved to the bin.")
    page.keyboard.press("Escape")
    expect(shots(page)).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(shots(page)).to_have_count(3)
    page.locator(".gallery-scroll").focus()
    for key in ("Home", " ", "ArrowRight", " ", "Delete"):
        page.keyboard.press(key)
    expect(shots(page)).to_have_count(1)
    assert names(page) == ["one"]
    page.get_by_role("button", name="Bin", exact=True).click()
    expect(shots(page)).to_have_count(2)
    page.get_by_role("button", name="Restore all").click()
    expect(page.locator(".gallery")).to_contain_text("The bin is empty.")
    page.get_by_role("button", name="Bin", exact=True).click()
    expect(shots(page)).to_have_count(3)
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator(".gallery-scroll").focus()
    for key in ("Home", "Delete"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Bin", exact=True).click()
    page.get_by_role("button", name="Empty the bin").click()
    expect(page.locator(".gallery-message")).to_contain_text("1 picture deleted for good.")
    assert len(served.studio.recent(9)) == 2


def test_two_are_compared_and_several_downloaded(serve: Callable, artist, tmp_path):
    served = serve()
    saved(served.studio, "one", "two", "three")
    page = artist.open(served.url)
    visit(page)
    shots(page).first.wait_for()
    for index in (0, 1):
        shots(page).nth(index).click(modifiers=["Control"])
    expect(page.locator(".gallery")).to_contain_text("2 chosen")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").locator("visible=true").click()
    download.value.save_as(tmp_path / "several.zip")
    assert len(zipfile.ZipFile(tmp_path / "several.zip").namelist()) == 2
    page.get_by_role("button", name="Compare", exact=True).locator("visible=true").click()
    versus = page.locator('[data-part="versus"]')
    expect(versus).to_contain_text("256 × 192 · three")
    line = page.get_by_label("From the right picture to the left")
    line.press("Home")
    expect(page.locator('[data-part="versus-left"]')).to_have_css("clip-path", re.compile("100%"))
    page.keyboard.press("Escape")
    expect(versus).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator('[data-part="chosen"]')).to_be_hidden()


def test_a_whole_request_is_painted_again(serve: Callable, artist):
    served = serve(pace=0.01)
    studio = served.studio
    picture = studio.keep_picture(plain_png(256, 192)["buffer"]).ref
    spot = Image.new("RGB", (256, 192))
    spot.paste((255, 255, 255), (40, 40, 120, 100))
    mask = studio.keep_picture(png(spot, "")).ref
    task = Inpaint(picture=picture, mask=mask, strength=0.6, mask_blur=9, area="Only masked",
                   padding=64, masked_content="latent noise", resize="Stretch")  # fmt: skip
    (request,) = saved(studio, "a small\nboat, (red:1.2)", task=task, clip_skip=2, cfg_scale=5.5,
                       negative_prompt="fog", sampler="Euler a", schedule="Karras")  # fmt: skip
    request = replace(request, model=replace(request.model, vae="ft-mse"))
    studio._save(request)
    page = artist.open(served.url)
    visit(page)
    shots(page).first.click()
    look = page.locator('[data-part="look"]')
    expect(look.locator(".inputs figure")).to_have_count(2)
    look.get_by_role("button", name="Reuse settings").click()
    inpaint = page.locator("#inpaint")
    expect(inpaint.locator('.painter [data-part="facts"]')).to_contain_text("9.8 % painted")
    expect(page.get_by_label("VAE")).to_have_value("ft-mse")
    expect(inpaint.get_by_label("Seed", exact=True)).to_have_value("1")
    page.keyboard.press("Control+Enter")
    done = inpaint.locator('.stage [data-part="status"]').filter(has_text="Finished in")
    done.wait_for(timeout=PATIENCE)
    (again,) = (job.request for job in studio.jobs.values())
    assert replace(again, task=task) == request
    assert replace(again.task, mask=mask) == task
    assert studio.input_picture(again.task.mask).tobytes() == spot.tobytes()


def test_lineage_leads_from_picture_to_picture(serve: Callable, artist):
    page = artist.open(serve(pace=0.01).url)
    paint(page, "the first")
    page.get_by_role("button", name="Use in Image to image").click()
    over = page.locator("#image-to-image")
    expect(over.locator('.painter [data-part="facts"]')).to_contain_text("512 × 512")
    over.get_by_label("Prompt", exact=True).fill("the second")
    page.keyboard.press("Control+Enter")
    done = over.locator('.stage [data-part="status"]').filter(has_text="Finished in")
    done.wait_for(timeout=PATIENCE)
    visit(page)
    expect(shots(page)).to_have_count(2)
    shots(page).first.click()
    look = page.locator('[data-part="look"]')
    expect(look.locator(".kin")).to_have_count(2)
    expect(look.get_by_role("button", name="Use in Text to image")).to_be_visible()
    look.get_by_role("button", name="Compare with its source").click()
    expect(page.locator('[data-part="versus"]')).to_contain_text("the first")
    page.keyboard.press("Escape")
    look.locator(".kin:not(.own)").click()
    expect(look.locator(".look-words").first).to_have_text("the first")
    expect(look.locator(".kin")).to_have_count(2)


def test_a_dropped_picture_tells_its_settings_and_they_go_to_a_tab(serve: Callable, artist):
    page = artist.open(serve(pace=0.01).url)
    gallery = visit(page)
    brought = png(Image.new("RGB", (64, 48), "skyblue"), EXAMPLES["hires fix"][0])
    page.evaluate(PASTE, ["drop", "#gallery .gallery", b64encode(brought).decode()])
    info = gallery.locator('[data-part="info"]')
    expect(info).to_contain_text("Written in AUTOMATIC1111's format, v1.10.1")
    expect(info).to_contain_text("Not applied here: Hires upscale: 2")
    info.get_by_role("button", name="Use in Text to image").click()
    task = page.locator("#text-to-image")
    expect(task.get_by_label("Prompt", exact=True)).to_have_value("a castle")
    expect(task.get_by_label("Sampler")).to_have_value("DPM++ SDE")
    expect(task.get_by_label("Schedule")).to_have_value("Karras")
    visit(page)
    gallery.get_by_role("button", name="Read a picture").click()
    gallery.locator('[data-part="info-file"]').set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    expect(info).to_contain_text("PNG, JPEG and WebP do.")
    assert "422" in artist.faults.pop()  # the browser's own note of the refusal
    lost = png(Image.new("RGB", (64, 48), "skyblue"), EXAMPLES["plain"][0])
    page.evaluate(PASTE, ["paste", "#gallery .gallery", b64encode(lost).decode()])
    expect(info).to_contain_text("The checkpoint “meadow_v2” [0a1b2c3d4e] of this picture")
    info.get_by_role("button", name="Use in Image to image").click()
    over = page.locator("#image-to-image")
    expect(over.locator('.painter [data-part="facts"]')).to_contain_text("64 × 48")
    expect(over.locator('.stage [data-part="fault"]')).to_contain_text("“meadow_v2”")


HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} {{value}} `x` 🎈"


def test_hostile_words_stay_words(serve: Callable, artist):
    served = serve()
    saved(served.studio, HOSTILE, negative_prompt=HOSTILE)
    page = artist.open(served.url)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    visit(page)
    shots(page).first.click()
    expect(page.locator(".look-words").first).to_have_text(HOSTILE)
    expect(page.locator(".look-words").last).to_have_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0


COUNT = 1000


def answer(route: Route) -> None:
    """Pages of a thousand pictures that are nowhere but in this answer."""
    asked = parse_qs(urlsplit(route.request.url).query)
    newest = int(asked.get("before", [COUNT + 1])[0]) - 1
    pages = [
        {"id": id, "name": f"{id}.png", "path": f"2026-01-{1 + id // 40:02d}/{id}.png", "url": "",
         "thumbnail": f"./atelier/thumbnails/{id}", "width": 512, "height": 384 + id % 3 * 128,
         "title": f"picture {id}", "task": "text-to-image", "created": id, "favourite": False,
         "deleted": False}
        for id in range(newest, max(0, newest - 100), -1)
    ]  # fmt: skip
    content = {"entries": pages, "more": newest > 100, "count": COUNT, "checkpoints": [],
               "notice": ""}  # fmt: skip
    route.fulfill(body=json.dumps(content), content_type="application/json")


def test_a_thousand_pictures_are_scrolled_with_few_of_them_in_the_page(serve: Callable, artist):
    page = artist.open(serve().url)
    page.route("**/atelier/gallery?*", answer)
    small = png(Image.new("RGB", (8, 8)), "")
    page.route("**/atelier/thumbnails/*", lambda route: route.fulfill(body=small))
    visit(page)
    shots(page).first.wait_for()
    most = 0
    for _ in range(200):
        most = max(most, shots(page).count())
        page.locator(".gallery-scroll").evaluate("(it) => { it.scrollTop += 900 }")
        if "picture 1" in (seen := names(page)):
            break
    assert seen[-1] == "picture 1"
    assert 10 < most < 120


def test_a_phone_has_all_of_it(serve: Callable, artists: Callable):
    served = serve()
    saved(served.studio, "one", "two")
    page = artists(viewport={"width": 390, "height": 844}).open(served.url)
    visit(page)
    shots(page).first.click()
    look = page.locator('[data-part="look"]')
    expect(look).to_contain_text("two")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    look.get_by_role("button", name="Gallery", exact=True).click()
    expect(page.locator(".gallery-scroll")).to_be_in_viewport()
    expect(page.get_by_label("Search the prompts")).to_be_in_viewport()


PUT_BACK = """async () => {
  const page = (from) => [from, from - 1, from - 2].map((id) => ({ id }));
  window.fetch = async (address) => {
    const before = Number(new URLSearchParams(address.split("?")[1]).get("before") ?? 101);
    return { ok: true, json: async () => ({ entries: page(before - 1), more: true }) };
  };
  const pages = makePages(() => {});
  await pages.start({});
  pages.remove([99, 98, 7]);
  pages.putBack([{ id: 99 }, { id: 98 }, { id: 7 }, { id: 1000 }]);
  await pages.next();
  return pages.all().map(({ id }) => id);
}"""


def test_what_is_put_back_leaves_no_gap_and_brings_nothing_from_elsewhere(artist):
    page = artist.context.new_page()
    page.add_script_tag(path=ASSETS / "gallery_history.js")
    assert page.evaluate(PUT_BACK) == [100, 99, 98, 97]


def test_what_was_moved_before_a_failure_leaves_the_list(serve: Callable, artist, monkeypatch):
    served = serve()
    saved(served.studio, "one", "two", "three")
    move = served.studio.delete_pictures

    def fail_after_the_first(ids: list[int]) -> int:
        move(ids[:1])
        raise StorageError("The disk is full; nothing else was moved.")

    monkeypatch.setattr(served.studio, "delete_pictures", fail_after_the_first)
    page = artist.open(served.url)
    visit(page)
    expect(shots(page)).to_have_count(3)
    page.locator(".gallery-scroll").focus()
    for key in ("Home", " ", "ArrowRight", " ", "Delete"):
        page.keyboard.press(key)
    expect(page.locator(".gallery-message")).to_contain_text("The disk is full")
    expect(shots(page)).to_have_count(2)
    artist.faults.clear()  # the browser's own note of the 507
