"""Painting as an artist does it: keys typed, steps seen, stopped, reloaded, come back to."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

# Notes every picture that the canvas puts up, in order.
NOTE_PICTURES = """() => {
  const image = document.querySelector('.canvas > img');
  window.seen = [];
  new MutationObserver(() => {
    if (image.src && window.seen.at(-1) !== image.src) window.seen.push(image.src);
  }).observe(image, { attributes: true, attributeFilter: ['src'] });
}"""
FINISHED_PICTURE = re.compile(r"/atelier/pictures/")
PATIENCE = 30_000


def status(page: Page):
    return page.locator('[data-part="status"]')


def picture(page: Page):
    return page.locator(".canvas > img")


def past_steps(page: Page):
    return page.locator(".step[data-filled]:not(.last)")


def set_number(page: Page, field: str, value: int) -> None:
    page.locator(f'[id="text-to-image--{field}"] input[type=number]').fill(str(value))
    page.keyboard.press("Tab")


def generate(page: Page) -> None:
    page.get_by_role("button", name="Generate").click()


def wait_for_step(page: Page, step: int) -> None:
    page.locator(f"#text-to-image-step-{step - 1}[data-filled]").wait_for(timeout=PATIENCE)


def test_a_prompt_is_typed_and_each_step_is_seen_before_the_picture(serve: Callable, artist):
    page = artist.open(serve(pace=0.15).url)
    set_number(page, "steps", 12)
    page.get_by_label("Prompt", exact=True).click()
    page.keyboard.press("Control+a")
    page.keyboard.type("a green balloon")
    expect(page.locator('[id="text-to-image--tokens"] output')).to_have_text("3/75")
    page.evaluate(NOTE_PICTURES)
    page.keyboard.press("Control+Enter")
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    expect(picture(page)).to_have_attribute("src", FINISHED_PICTURE)
    seen = page.evaluate("window.seen")
    previews = [src for src in seen[:-1] if src.startswith("data:image/jpeg")]
    assert len(set(previews)) >= 11
    assert FINISHED_PICTURE.search(seen[-1])
    expect(past_steps(page)).to_have_count(12)
    expect(page.locator('[data-part="infoline"]')).to_contain_text("a green balloon")


def test_stop_takes_effect_and_says_so(serve: Callable, artist):
    served = serve(pace=0.15)
    page = artist.open(served.url)
    generate(page)
    wait_for_step(page, 4)
    page.keyboard.press("Escape")
    sentence = re.compile(r"Stopped at step (\d+) of 20; nothing was decoded after it\.")
    expect(status(page)).to_have_text(sentence)
    step = int(sentence.search(status(page).inner_text()).group(1))  # type: ignore[union-attr]
    assert 4 <= step < 20
    expect(past_steps(page)).to_have_count(step)
    assert served.studio.recent(1) == []


def test_a_reload_in_mid_picture_shows_it_with_its_past_steps(serve: Callable, artist):
    page = artist.open(serve(pace=0.4).url)
    generate(page)
    wait_for_step(page, 5)
    page.reload()
    wait_for_step(page, 5)
    expect(past_steps(page).first).to_be_visible()
    assert past_steps(page).count() >= 5
    expect(status(page)).to_have_text(re.compile(r"Step \d+ of 20"))
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    expect(past_steps(page)).to_have_count(20)


def test_closing_the_tab_loses_nothing(serve: Callable, artist):
    served = serve(pace=0.1)
    page = artist.open(served.url)
    generate(page)
    wait_for_step(page, 3)
    page.close()
    (job_id,) = served.studio.jobs
    assert served.studio.wait_events(job_id, 23, 10)  # queued, started, 20 steps, the picture
    page = artist.open(served.url)
    expect(picture(page)).to_have_attribute("src", FINISHED_PICTURE)
    expect(status(page)).to_contain_text("Finished in")
    expect(past_steps(page)).to_have_count(20)


def test_a_restarted_studio_leaves_the_page_quietly_idle(serve: Callable, artist):
    served = serve(pace=0.1)
    page = artist.open(served.url)
    generate(page)
    wait_for_step(page, 20)
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    served.studio.jobs.clear()
    page.reload()
    expect(status(page)).to_have_text("Ready")
    expect(page.locator('[data-part="fault"]')).to_be_hidden()


def test_pictures_queue_and_say_their_place(serve: Callable, artists: Callable):
    served = serve(pace=0.2)
    first, second = artists().open(served.url), artists().open(served.url)
    generate(first)
    wait_for_step(first, 1)
    generate(second)
    expect(status(second)).to_have_text("Queued: 1 picture before yours")
    expect(status(second)).to_contain_text("Finished in", timeout=PATIENCE)


def test_one_browser_may_ask_again_while_it_waits(serve: Callable, artist):
    served = serve(pace=0.05)
    page = artist.open(served.url)
    generate(page)
    generate(page)
    expect(status(page)).to_contain_text("1 more of yours after it")
    expect(page.locator(".recent-strip button")).to_have_count(2, timeout=PATIENCE)
    expect(status(page)).to_contain_text("Finished in")
    clients = {job.client for job in served.studio.jobs.values()}
    assert len(clients) == 1
    assert all(clients)


def test_a_batch_shows_each_picture_with_its_own_steps(serve: Callable, artist):
    page = artist.open(serve(pace=0.05).url)
    set_number(page, "steps", 4)
    set_number(page, "batch_size", 3)
    generate(page)
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    thumbnails = page.locator(".batch button")
    expect(thumbnails).to_have_count(3)
    last = picture(page).get_attribute("src")
    thumbnails.first.click()
    expect(thumbnails.first).to_have_attribute("aria-pressed", "true")
    expect(picture(page)).not_to_have_attribute("src", last or "")
    expect(past_steps(page)).to_have_count(4)


def test_the_page_may_be_used_while_the_engine_warms_up(serve: Callable, artist):
    page = artist.open(serve(pace=0.05, warming=6).url)
    expect(page.locator(".pill")).to_contain_text("warming up")
    expect(page.locator('[id="text-to-image--tokens"] output')).to_have_text("…/75")
    generate(page)
    expect(status(page)).to_contain_text("The storybook model is being loaded.")
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    expect(page.locator('[id="text-to-image--tokens"] output')).to_have_text("11/75")
