"""The whole program on an artist's own files: chosen, swapped, exchanged, broken."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from safetensors.torch import load_file, save_file

from backend.studio.infotext import read_infotext
from tests.browser.program import PATIENCE, Program, started
from tests.browser.test_browser_models import a_file, open_models, row
from tests.browser.test_browser_painting import generate, set_number, status
from tests.tiny_folder import save_tiny_model

WEIGHTS = "diffusion_pytorch_model.safetensors"


@dataclass(frozen=True)
class Place:
    program: Program
    models: Path
    spare: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """Two checkpoints and a VAE file of other weights; a third checkpoint is not in the folder."""
    root = tmp_path_factory.mktemp("library")
    models = root / "models"
    one = save_tiny_model(models / "bundled" / "one")
    save_tiny_model(models / "checkpoints" / "two", change=0.02)
    spare = save_tiny_model(root / "three", change=0.04)
    (models / "vae").mkdir()
    tensors = load_file(one / "vae" / WEIGHTS)
    save_file({name: each * 1.1 for name, each in tensors.items()}, models / "vae/warm.safetensors")
    arguments = ("--models", str(models), "--device", "cpu", "--dtype", "fp32")
    with started(root / "outputs", *arguments) as program:
        yield Place(program, models, spare)


def choose(page: Page, name: str, of: str = "checkpoint") -> None:
    page.locator(f'[id="bar--{of}"] input').click()
    page.get_by_role("option", name=name, exact=True).click(timeout=PATIENCE)


def paint(page: Page, place: Place) -> tuple[bytes, dict[str, str]]:
    """The pixels of a new picture, and its settings."""
    before = len(place.program.pictures())
    for field, value in (("width", 64), ("height", 64), ("steps", 3), ("seed", 5)):
        set_number(page, field, value)
    generate(page)
    until = time.monotonic() + PATIENCE / 1000
    while len(pictures := place.program.pictures()) == before:
        assert time.monotonic() < until, status(page).inner_text()
        page.wait_for_timeout(50)
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    with Image.open(pictures[-1]) as picture:
        return picture.tobytes(), read_infotext(picture.info["parameters"])


def test_another_checkpoint_and_another_vae_paint_and_are_named(place, artist):
    page = artist.open(place.program.url)
    seen = {}
    for checkpoint in ("one", "two"):
        choose(page, checkpoint)
        for vae in ("Automatic", "warm.safetensors"):
            choose(page, vae, "vae")
            page.reload()
            page.locator(".easel").wait_for()
            pixels, settings = paint(page, place)
            assert settings["Model"] == checkpoint
            assert settings.get("VAE", "Automatic") == vae
            seen[checkpoint, vae] = pixels
    assert len(set(seen.values())) == 4
    expect(page.locator(".reason")).to_contain_text("Chosen by name.")


def test_a_checkpoint_that_is_put_into_the_folder_can_be_chosen(place, artist):
    page = artist.open(place.program.url)
    shutil.copytree(place.spare, place.models / "checkpoints" / "three")
    tab = open_models(page)
    expect(row(tab, "three").locator(".hash")).to_have_text(_hash(place.spare), timeout=PATIENCE)
    page.get_by_role("tab", name="Text to image").click()
    choose(page, "three")
    _, settings = paint(page, place)
    assert (settings["Model"], settings["Model hash"]) == ("three", _hash(place.spare))


def _hash(folder: Path) -> str:
    return hashlib.sha256((folder / "unet" / WEIGHTS).read_bytes()).hexdigest()[:10]


def test_a_broken_file_is_refused_in_words_and_the_old_model_goes_on(place, artist):
    page = artist.open(place.program.url)
    choose(page, "one")
    before, _ = paint(page, place)
    tab = open_models(page)
    broken = (place.models / "vae" / "warm.safetensors").read_bytes()[:-10]
    tab.locator('input[data-part="file"]').set_input_files(a_file("bad.safetensors", broken))
    expect(tab.locator('.work[data-state="failed"]')).to_contain_text(
        "“bad.safetensors” is incomplete", timeout=PATIENCE
    )
    assert "422" in artist.faults.pop()  # the browser's own note of the refusal
    (place.models / "vae" / "bad.safetensors").write_bytes(broken)
    expect(row(tab, "bad.safetensors")).to_contain_text("is incomplete", timeout=PATIENCE)
    page.get_by_role("tab", name="Text to image").click()
    choose(page, "bad.safetensors", "vae")
    generate(page)
    expect(page.get_by_role("alert")).to_contain_text("is incomplete", timeout=PATIENCE)
    choose(page, "Built in", "vae")
    after, _ = paint(page, place)
    assert before == after


def test_a_vae_exchanged_inside_a_folder_is_noticed(place, artist):
    page = artist.open(place.program.url)
    choose(page, "two")
    choose(page, "Built in", "vae")
    before, _ = paint(page, place)
    file = place.models / "checkpoints" / "two" / "vae" / WEIGHTS
    shutil.copyfile(place.models / "vae" / "warm.safetensors", file.with_name("draft"))
    file.with_name("draft").replace(file)
    after, _ = paint(page, place)
    assert before != after
