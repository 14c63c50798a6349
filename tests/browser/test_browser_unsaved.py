"""The outputs folder cannot be written: the artist is told, keeps the picture, and goes on."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

PATIENCE = 60_000
UNSAVED = "could not be saved in the outputs folder"


def test_an_unsaved_picture_is_shown_downloaded_and_the_next_one_is_saved(serve: Callable, artist):
    served = serve(pace=0.02)
    obstacle = served.studio.outputs / date.today().isoformat()
    obstacle.write_text("a file where the day's folder should be")
    page = artist.open(served.url)
    status = page.locator('span[data-part="status"]').first
    generate = page.get_by_role("button", name="Generate")
    generate.click()
    expect(status).to_contain_text(UNSAVED, timeout=PATIENCE)
    picture = page.locator(".canvas > img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    with page.expect_download() as begun:
        page.locator('[data-part="download"]').first.click()
    with Image.open(io.BytesIO(Path(begun.value.path()).read_bytes())) as downloaded:
        assert {"parameters", "atelier"} <= set(downloaded.info)
    assert served.studio.recent(9) == []
    obstacle.unlink()
    generate.click()
    expect(status).not_to_contain_text(UNSAVED, timeout=PATIENCE)
    expect(status).to_contain_text("Finished in", timeout=PATIENCE)
    assert len(served.studio.recent(9)) == 1
