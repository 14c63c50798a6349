"""The page itself: looking back at steps, faults in words, names, narrow windows, the theme."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.test_browser_painting import (
    FINISHED_PICTURE,
    PATIENCE,
    generate,
    picture,
    set_number,
    status,
)

TINY = "tiny <b>fast</b> ${1+1}"
NAMELESS = """() => [...document.querySelectorAll('input, textarea, select, button, a[href]')]
  .filter((node) => node.checkVisibility({ visibilityProperty: true }))
  .filter((node) => !(node.ariaLabel || node.labels?.[0]?.textContent.trim()
    || node.textContent.trim() || node.closest('label')?.textContent.trim()
    || document.getElementById(node.getAttribute('aria-labelledby') || ' ')))
  .map((node) => node.outerHTML.slice(0, 200))"""


def paint(page: Page, steps: int = 5) -> None:
    set_number(page, "steps", steps)
    generate(page)
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    expect(picture(page)).to_have_attribute("src", FINISHED_PICTURE)


def test_each_step_can_be_looked_at_again(serve: Callable, artist):
    page = artist.open(serve(pace=0.02).url)
    paint(page)
    page.locator("#text-to-image-step-1").click()
    expect(status(page)).to_have_text("Step 2 of 5, as it was")
    expect(picture(page)).to_have_attribute("src", re.compile("^data:image/jpeg"))
    page.keyboard.press("ArrowRight")
    expect(status(page)).to_have_text("Step 3 of 5, as it was")
    page.keyboard.press("End")
    expect(picture(page)).to_have_attribute("src", FINISHED_PICTURE)
    page.locator("#text-to-image-step-0").hover()
    expect(status(page)).to_have_text("Step 1 of 5, as it was")
    page.mouse.move(5, 5)
    expect(picture(page)).to_have_attribute("src", FINISHED_PICTURE)


def test_a_bad_size_is_one_sentence_and_changes_no_control(serve: Callable, artist):
    page = artist.open(serve().url)
    set_number(page, "width", 500)
    generate(page)
    fault = page.locator('[data-part="fault"]')
    expect(fault).to_contain_text("The width must be a multiple of 8; 496 and 504 are the nearest")
    expect(page.get_by_label("Width", exact=True)).to_have_value("500")
    expect(page.locator('[data-testid="toast-body"]')).to_have_count(0)
    set_number(page, "width", 256)
    set_number(page, "height", 256)
    paint(page)
    expect(fault).to_be_hidden()


def test_a_failed_job_is_one_sentence(serve: Callable, artist):
    page = artist.open(serve(pace=0.02).url)
    page.get_by_label("Prompt", exact=True).fill("explode")
    generate(page)
    expect(page.get_by_role("alert")).to_contain_text("does not fit into memory")
    page.get_by_label("Prompt", exact=True).fill("a calm lake")
    paint(page)


def test_hostile_text_stays_text(serve: Callable, artist):
    page = artist.open(serve(pace=0.02).url)
    hostile = "<img src=x onerror=alert(1)> ${alert(2)} {{value}} `x` 🎈"
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    box = page.get_by_label("Prompt", exact=True)
    box.fill(hostile)
    box.press("End")
    page.keyboard.type(" end")
    expect(page.locator('[id="text-to-image--tokens"] .chips')).to_contain_text("onerror")
    choose(page, "Checkpoint", TINY)
    expect(page.locator(".reason")).to_contain_text(TINY)
    expect(page.get_by_label("Width", exact=True)).to_have_value("256")
    paint(page)
    expect(page.locator('[data-part="infoline"]')).to_contain_text(hostile)
    assert page.locator("img[src=x]").count() == 0


def test_settings_are_there_again_after_a_reload(serve: Callable, artist):
    page = artist.open(serve(pace=0.02).url)
    page.get_by_label("Prompt", exact=True).fill("my own words")
    paint(page, steps=7)
    page.reload()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("my own words")
    expect(page.locator('[id="text-to-image--steps"] input[type=number]')).to_have_value("7")


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_a_late_answer_after_a_reload_overwrites_nothing(serve: Callable, artist):
    page = artist.open(serve(pace=0.02).url)
    seed, prompt, checkpoint, vae, width = (
        page.get_by_label(name, exact=True)
        for name in ("Seed", "Prompt", "Checkpoint", "VAE", "Width")
    )
    choose(page, "Checkpoint", TINY)
    expect(width).to_have_value("256")
    choose(page, "VAE", "Built in")
    prompt.fill("my own words")
    set_number(page, "seed", 8006)
    paint(page, steps=7)
    late: list[Route] = []

    def hold(route: Route) -> None:
        asked = route.request.post_data or ""
        kept = '"seed":8006' in asked or f'[["{TINY}","Built in"]]' in asked
        late.append(route) if kept else route.continue_()

    page.route("**/gradio_api/**", hold)
    page.reload()
    seed.wait_for()
    until = time.monotonic() + 60
    while len(late) < 2 and time.monotonic() < until:
        page.wait_for_timeout(50)
    set_number(page, "seed", 8007)
    choose(page, "Checkpoint", "storybook-depth")
    settings, models = sorted(late, key=lambda one: '"seed":' not in (one.request.post_data or ""))
    settings.continue_()
    expect(prompt).to_have_value("my own words", timeout=PATIENCE)  # so the answer is there
    expect(width).to_have_value("256")
    expect(seed).to_have_value("8007")
    models.continue_()
    expect(vae).to_have_value("Built in", timeout=PATIENCE)
    expect(checkpoint).to_have_value("storybook-depth")
    page.wait_for_timeout(500)  # the native size comes after the choice
    page.get_by_label("3:2").check()
    expect(width).to_have_value("624")


def test_size_buttons_and_seed_buttons(serve: Callable, artist):
    page = artist.open(serve(pace=0.02).url)
    width, height = (page.get_by_label(name, exact=True) for name in ("Width", "Height"))
    page.get_by_label("3:2").check()
    expect(width).to_have_value("624")
    page.get_by_role("button", name="Swap width and height").click()
    expect(height).to_have_value("624")
    expect(page.get_by_label("2:3")).to_be_checked()
    paint(page)
    page.get_by_role("button", name="Use the last seed again").click()
    expect(page.get_by_label("Seed", exact=True)).to_have_value(re.compile(r"^\d+$"))
    page.get_by_role("button", name="New seed each time").click()
    expect(page.get_by_label("Seed", exact=True)).to_have_value("-1")


def test_an_earlier_picture_comes_back_with_its_settings(serve: Callable, artist):
    served = serve(pace=0.02)
    served.studio.add_earlier_pictures([(512, 512), (640, 384)])
    page = artist.open(served.url)
    page.locator(".recent-strip button").first.click()
    expect(picture(page)).to_have_attribute("src", FINISHED_PICTURE)
    expect(page.locator('[data-part="infoline"]')).to_contain_text("a balloon over a lake")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PNG").click()
    assert re.fullmatch(r"\d{5}-\d+\.png", download.value.suggested_filename)


def test_every_control_has_a_name(serve: Callable, artist):
    page = artist.open(serve(pace=0.02).url)
    page.get_by_role("button", name="Advanced").click()
    page.get_by_role("button", name="Negative prompt").click()
    paint(page)
    assert page.evaluate(NAMELESS) == []


def test_help_is_shown_for_a_control(serve: Callable, artist):
    page = artist.open(serve().url)
    page.locator('[id="text-to-image--cfg_scale"]').hover()
    expect(page.get_by_role("tooltip")).to_contain_text("How closely the prompt is followed")


@pytest.mark.parametrize("width", [390, 600, 820, 1024])
def test_a_narrow_window_does_not_scroll_sideways(serve: Callable, artists: Callable, width):
    page = artists(viewport={"width": width, "height": 844}).open(serve(pace=0.02).url)
    paint(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("button", name="Generate")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Stop")).to_be_in_viewport()


def test_the_theme_is_remembered(serve: Callable, artists: Callable):
    page = artists(color_scheme="light").open(serve().url)
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("body")).to_have_class(re.compile(r"\bdark\b"))
    page.reload()
    expect(page.locator("body")).to_have_class(re.compile(r"\bdark\b"))
