"""The queue panel: who waits, one's own jobs moved, skipped and taken out."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.test_browser_painting import generate, set_number, status, wait_for_step

PATIENCE = 60_000


def ask_for(page: Page, *prompts: str) -> None:
    for prompt in prompts:
        page.get_by_label("Prompt", exact=True).fill(prompt)
        page.get_by_label("Prompt", exact=True).press("End")
        generate(page)


def wait_for_jobs(page: Page, count: int) -> None:
    expect(page.locator(".queue-button b")).to_have_text(str(count), timeout=PATIENCE)


def open_queue(page: Page) -> Locator:
    page.locator(".queue-button").click()
    panel = page.get_by_role("dialog", name="Queue")
    expect(panel).to_be_visible()
    return panel


def rows(panel: Locator) -> list[str]:
    return panel.locator("li p:first-child").all_inner_texts()


def expect_rows(panel: Locator, *words: str) -> None:
    expect(panel.locator("li p:first-child")).to_have_text(list(words), timeout=PATIENCE)


def test_the_queue_tells_whose_turn_it_is(serve, artists):
    served = serve(pace=0.5)
    ada, ben = artists().open(served.url), artists().open(served.url)
    set_number(ada, "steps", 150)
    ask_for(ada, "one", "two")
    wait_for_jobs(ada, 2)
    ask_for(ben, "three")
    wait_for_jobs(ada, 3)
    panel = open_queue(ada)
    expect_rows(panel, "one", "two", "Another browser’s picture")
    expect(panel).to_contain_text("Yours is being painted")
    theirs = open_queue(ben)
    expect_rows(theirs, "Another browser’s picture", "Another browser’s picture", "three")
    expect(theirs).to_contain_text("Your picture is third")
    assert theirs.get_by_role("button", name="Stop").count() == 0


def test_ones_own_jobs_are_moved_by_button_and_by_hand(serve, artist):
    served = serve(pace=0.5)
    page = artist.open(served.url)
    set_number(page, "steps", 150)
    ask_for(page, "running", "one", "two", "three")
    wait_for_jobs(page, 4)
    panel = open_queue(page)
    expect_rows(panel, "running", "one", "two", "three")
    panel.get_by_role("button", name="Move up: three").click()
    expect_rows(panel, "running", "one", "three", "two")
    expect(panel.get_by_role("button", name="Move up: three")).to_be_focused()
    panel.locator("li").nth(3).drag_to(panel.locator("li").nth(1))
    expect_rows(panel, "running", "two", "one", "three")
    asked = [view.request.prompt for view in served.studio.queue()]
    assert asked == ["running", "two", "one", "three"]


def test_a_waiting_job_is_taken_out_and_a_moved_one_is_watched_in_its_turn(serve, artist):
    served = serve(pace=0.2)
    page = artist.open(served.url)
    set_number(page, "steps", 15)
    ask_for(page, "running", "dropped", "later", "sooner")
    wait_for_jobs(page, 4)
    panel = open_queue(page)
    panel.get_by_role("button", name="Take out: dropped").click()
    expect_rows(panel, "running", "later", "sooner")
    panel.get_by_role("button", name="Move up: sooner").click()
    expect_rows(panel, "running", "sooner", "later")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert served.studio.running_job(), "Escape closed the panel and stopped nothing"
    painted = page.locator(".recent-strip button")
    expect(painted).to_have_count(3, timeout=PATIENCE)
    titles = [each.get_attribute("title") for each in painted.all()]
    assert titles == ["later", "sooner", "running"]
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)


def test_a_batch_is_skipped_picture_by_picture(serve, artist):
    served = serve(pace=0.2)
    page = artist.open(served.url)
    set_number(page, "steps", 12)
    set_number(page, "batch_size", 3)
    generate(page)
    wait_for_step(page, 2)
    page.get_by_role("button", name="Skip this picture").click()
    expect(status(page)).to_contain_text("Picture 2 of 3", timeout=PATIENCE)
    panel = open_queue(page)
    panel.get_by_role("button", name="Go on with the next picture").click()
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    expect(page.locator(".recent-strip button")).to_have_count(1)
    expect(page.get_by_role("button", name="Skip this picture")).to_be_hidden()


def test_the_queue_fits_a_phone(serve, artists):
    served = serve(pace=0.5)
    page = artists(viewport={"width": 390, "height": 800}).open(served.url)
    set_number(page, "steps", 150)
    ask_for(page, "a lighthouse on a cliff over a stormy sea at dusk, storybook", "two")
    wait_for_jobs(page, 2)
    panel = open_queue(page)
    box = panel.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 800
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    panel.get_by_role("button", name="Take out: two").click()
    expect(panel.locator("li")).to_have_count(1, timeout=PATIENCE)
    panel.get_by_role("button", name="Close the queue").click()
    expect(panel).to_be_hidden()


def test_an_empty_queue_says_what_it_is_for(serve, artist):
    page = artist.open(serve().url)
    panel = open_queue(page)
    expect(panel).to_contain_text("Nothing waits")
    assert rows(panel) == []
