"""The prompt box: tokens with weights and stages, named adapters, and the keys for weights."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import serve_fake

PATIENCE = 60_000


def box(page: Page) -> Locator:
    return page.get_by_label("Prompt", exact=True)


def tokens(page: Page, which: str = "tokens") -> Locator:
    return page.locator(f'[id="text-to-image--{which}"]')


def write(page: Page, text: str) -> None:
    box(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.type(text)


def select(page: Page, start: int, end: int) -> None:
    box(page).evaluate("(it, [from, to]) => it.setSelectionRange(from, to)", [start, end])


def test_weights_are_shown_as_they_are_typed(serve: Callable, artist):
    page = artist.open(serve().url)
    write(page, "sky, (drifting clouds:1.2), [soft light]")
    raised, lowered = tokens(page).locator(".raised"), tokens(page).locator(".lowered")
    expect(raised).to_have_text(["drifting1.2", "clouds1.2"], timeout=PATIENCE)
    expect(lowered).to_have_text(["soft0.91", "light0.91"])
    expect(tokens(page).locator("output")).to_have_text("7/75")


def test_what_is_said_when_is_shown(serve: Callable, artist):
    page = artist.open(serve().url)
    write(page, "a [lake:sea:0.5]")
    expect(tokens(page).locator(".when")).to_have_text(
        ["steps 1 to 10", "steps 11 to 20"], timeout=PATIENCE
    )
    page.locator('[id="text-to-image--steps"] input[type=number]').fill("30")
    expect(tokens(page).locator(".when").first).to_have_text("steps 1 to 15", timeout=PATIENCE)


def test_a_second_part_is_marked(serve: Callable, artist):
    page = artist.open(serve().url)
    box(page).fill("dream " * 80)
    box(page).press("End")
    page.keyboard.type(" end")
    expect(tokens(page).locator("[data-chunk]")).to_have_attribute(
        "data-chunk", "part 2", timeout=PATIENCE
    )


def test_named_adapters_are_chips_and_missing_ones_a_sentence(serve: Callable, artist):
    page = artist.open(serve().url)
    write(page, "a lake <lora:ink:0.8> <lora:gone>")
    named = tokens(page).locator(".named")
    expect(named).to_have_text(["LoRAink0.8", "LoRAgone"], timeout=PATIENCE)
    expect(tokens(page).locator(".missing")).to_have_text("LoRAgone")
    expect(tokens(page).locator(".problem")).to_have_text(
        "There is no LoRA called “gone” in models/loras."
    )


def test_the_negative_prompt_shows_its_tokens_too(serve: Callable, artist):
    page = artist.open(serve().url)
    page.get_by_role("button", name="Negative prompt").click()
    page.locator('[id="text-to-image--negative_prompt"] textarea').click()
    page.keyboard.type("(blurry:1.3) dark")
    view = tokens(page, "negative_tokens")
    expect(view.locator(".chip")).to_have_text(["blurry1.3", "dark"], timeout=PATIENCE)
    expect(view.locator("output")).to_have_text("2/75")


def test_adapters_are_added_by_a_click_and_taken_out_by_another(serve: Callable, artist):
    page = artist.open(serve().url)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    write(page, "a lake")
    view = tokens(page)
    view.get_by_role("button", name="Add").click()
    view.get_by_role("button", name="ink", exact=True).click()
    expect(box(page)).to_have_value("a lake <lora:ink:1>")
    view.get_by_role("button", name="gouache").click()
    expect(box(page)).to_have_value("a lake <lora:ink:1>, gouache")
    expect(view.locator(".named")).to_have_text("LoRAink", timeout=PATIENCE)
    view.get_by_role("button", name="ink", exact=True).click()
    expect(box(page)).to_have_value("a lake, gouache")
    view.get_by_role("button", name="night <b> ${1+1}").click()
    expect(box(page)).to_have_value("a lake, gouache <lora:night <b> ${1+1}:1>")
    page.get_by_role("button", name="Negative prompt").click()
    negative = tokens(page, "negative_tokens")
    negative.get_by_role("button", name="Add").click()
    expect(negative.locator(".adapter-name")).to_have_text(["gouache"])


@pytest.mark.parametrize(
    ("text", "selected", "keys", "expected"),
    [
        ("a red lake", (3, 3), "Up", "a (red:1.1) lake"),
        ("a red lake", (3, 3), "Up Up Up", "a (red:1.3) lake"),
        ("a red lake", (3, 3), "Up Up Down Down", "a red lake"),
        ("a red lake", (2, 10), "Down", "a (red lake:0.9)"),
        ("a red lake", (2, 6), "Up", "a (red:1.1) lake"),
        ("a (red) lake", (4, 4), "Up", "a (red:1.2) lake"),
        ("a (red lake:1.25)", (4, 4), "Up", "a (red lake:1.35)"),
        ("a (red lake:1.2)", (3, 11), "Down Down", "a red lake"),
        ("a (red lake:1.2)", (3, 6), "Up", "a ((red:1.1) lake:1.2)"),
        (r"a \(red\) lake", (5, 5), "Up", r"a \((red:1.1)\) lake"),
        ("a <lora:ink:0.8>", (8, 8), "Up Up", "a <lora:ink:0.9>"),
        ("a <lora:ink>", (8, 8), "Down", "a <lora:ink:0.95>"),
        ("a < red > lake", (5, 5), "Up", "a < (red:1.1) > lake"),
        ("a , lake", (2, 2), "Up", "a , lake"),
    ],
)
def test_ctrl_up_and_down_change_weights(page_of_fake: Page, text, selected, keys, expected):
    page = page_of_fake
    box(page).fill(text)
    select(page, *selected)
    for key in keys.split():
        box(page).press(f"Control+Arrow{key}")
    expect(box(page)).to_have_value(expected)


def test_a_weight_by_key_is_undone_like_any_typing_and_shown(serve: Callable, artist):
    page = artist.open(serve().url)
    write(page, "red")
    box(page).press("Control+ArrowUp")
    expect(box(page)).to_have_value("(red:1.1)")
    expect(tokens(page).locator(".raised")).to_have_text("red1.1", timeout=PATIENCE)
    box(page).press("Control+z")
    expect(box(page)).to_have_value("red")


@pytest.fixture(scope="module")
def page_of_fake(chromium, tmp_path_factory):
    """One page for the many cases of the keys, which need no answer of a studio."""
    with serve_fake(tmp_path_factory.mktemp("outputs")) as served:
        page = chromium.new_context().new_page()
        page.goto(served.url)
        page.get_by_role("button", name="Generate").wait_for(timeout=PATIENCE)
        page.locator(".easel").wait_for()
        yield page
        page.context.close()
