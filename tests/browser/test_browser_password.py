"""The page behind a password: a browser that knows it paints, sees steps and shows pictures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from backend.api.password import Login, Logins
from tests.browser.test_browser_painting import (
    FINISHED_PICTURE,
    generate,
    picture,
    set_number,
    status,
    wait_for_step,
)
from tests.serving import serving
from tests.ui.fake_studio import FakeStudio
from ui.server import build_server

PATIENCE = 60_000


@pytest.fixture
def address(tmp_path) -> Iterator[str]:
    studio = FakeStudio(tmp_path, pace=0.2)
    app = build_server(studio, logins=Logins(page=(Login("ada", "käse brot"),)))
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}/"


def test_who_knows_the_password_paints(address, artists):
    artist = artists(http_credentials={"username": "ada", "password": "käse brot"})
    page = artist.open(address)
    set_number(page, "steps", 8)
    generate(page)
    wait_for_step(page, 3)
    page.reload()
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    expect(picture(page)).to_have_attribute("src", FINISHED_PICTURE)
    expect(page.locator(".recent-strip img")).to_have_count(1)
    assert page.evaluate("document.querySelector('.recent-strip img').decode().then(() => true)")


def test_who_does_not_sees_nothing(address, artists):
    page = artists(http_credentials={"username": "ada", "password": "guess"}).context.new_page()
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 401
    assert "Generate" not in page.content()
