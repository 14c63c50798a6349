"""The Models tab: what it lists, takes in and refuses; and why a picture is black."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Locator, Page, expect
from safetensors.torch import save, save_file

from tests.browser.test_browser_page import NAMELESS, paint
from tests.library.small_hub import SmallHub
from tests.library.small_hub import serve as serve_hub
from tests.library.test_listing import CROSS, FIRST

PATIENCE = 60_000
VAE = save({"encoder.conv_in.weight": torch.zeros(2, 2)})
LORA = save({"lora_unet_x.lora_down.weight": torch.zeros(4, 768)})
HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} {{value}}.safetensors"


def a_file(name: str, content: bytes) -> dict:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def open_models(page: Page) -> Locator:
    page.get_by_role("tab", name="Models").click()
    tab = page.locator("#models .models")
    tab.wait_for()
    return tab


def row(tab: Locator, name: str) -> Locator:
    return tab.locator("tbody tr").filter(has=tab.page.get_by_text(name, exact=True))


def fill(models: Path) -> None:
    for name in ("checkpoints", "vae"):
        (models / name).mkdir(exist_ok=True)
    tensors = {FIRST: torch.zeros(1, 9, 1, 1), CROSS: torch.zeros(1, 1024)}
    save_file(tensors, models / "checkpoints" / "sd2-inpainting.safetensors")
    (models / "checkpoints" / HOSTILE).write_bytes(b"text")
    torch.save({"encoder.conv_in.weight": torch.ones(2, 2)}, models / "vae" / "old.pt")


def test_what_is_put_into_the_folder_appears_by_itself_with_what_it_is(serve: Callable, artist):
    served = serve()
    page = artist.open(served.url)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    tab = open_models(page)
    expect(tab).to_contain_text("There are no models yet")
    fill(served.studio.library.models)
    line = row(tab, "sd2-inpainting.safetensors")
    expect(line).to_contain_text("inpainting", timeout=PATIENCE)
    expect(line).to_contain_text("Stable Diffusion 2")
    expect(line.locator(".hash")).to_have_text(_digest(served), timeout=PATIENCE)
    expect(row(tab, HOSTILE)).to_contain_text("too short to be a safetensors file")
    assert page.locator("img[src=x]").count() == 0
    tab.get_by_role("button", name="Problems").click()
    expect(tab.locator("tbody tr")).to_have_count(1)
    tab.get_by_role("button", name="All").click()
    tab.get_by_label("Find a model").fill("diffusion 2")
    expect(tab.locator("tbody tr")).to_have_count(1)
    assert page.evaluate(NAMELESS) == []


def test_adapters_in_subfolders_are_among_the_adapters(serve: Callable, artist):
    served = serve()
    models = served.studio.library.models
    fill(models)
    (models / "embeddings" / "drawn").mkdir(parents=True)
    tensors = {"emb_params": torch.zeros(1, 768)}
    save_file(tensors, models / "embeddings" / "drawn" / "ink.safetensors")
    tab = open_models(artist.open(served.url))
    expect(tab.locator("tbody tr")).to_have_count(4, timeout=PATIENCE)
    tab.get_by_role("button", name="Adapters").click()
    expect(tab.locator("tbody tr")).to_have_count(1)
    expect(row(tab, "ink")).to_be_visible()


def _digest(served) -> str:
    library = served.studio.library
    path = library.models / "checkpoints" / "sd2-inpainting.safetensors"
    return library.hashes.sha256(path)[:10]


def test_a_dropped_file_is_imported_and_a_broken_one_refused_in_words(serve: Callable, artist):
    served = serve()
    page = artist.open(served.url)
    tab = open_models(page)
    chooser = tab.locator('input[data-part="file"]')
    chooser.set_input_files(a_file("mine.safetensors", VAE))
    expect(tab.locator(".work")).to_contain_text(
        "mine.safetensors is in models/vae.", timeout=PATIENCE
    )
    expect(row(tab, "mine.safetensors")).to_contain_text("VAE", timeout=PATIENCE)
    assert (served.studio.library.models / "vae" / "mine.safetensors").read_bytes() == VAE
    chooser.set_input_files(a_file("broken.safetensors", VAE[:-3]))
    told = tab.locator('.work[data-state="failed"]')
    expect(told).to_contain_text("“broken.safetensors” is incomplete", timeout=PATIENCE)
    assert "422" in artist.faults.pop()  # the browser's own note of the refusal
    told.get_by_role("button", name="Close").click()
    expect(told).to_have_count(0)
    chooser.set_input_files(a_file("old.ckpt", b"whatever"))
    expect(tab.get_by_role("alert")).to_contain_text("“old.ckpt” is no safetensors file")
    expect(row(tab, "broken.safetensors")).to_have_count(0)


def test_a_file_can_be_dropped_with_the_mouse(serve: Callable, artist):
    page = artist.open(serve().url)
    tab = open_models(page)
    handle = page.evaluate_handle(
        """(bytes) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "dropped.safetensors"));
          return data;
        }""",
        list(VAE),
    )
    tab.dispatch_event("dragover", {"dataTransfer": handle})
    expect(tab.locator(".drop")).to_have_class("drop over")
    tab.dispatch_event("drop", {"dataTransfer": handle})
    expect(row(tab, "dropped.safetensors")).to_have_count(1, timeout=PATIENCE)


def test_a_pickle_is_converted_and_a_prediction_chosen(serve: Callable, artist):
    served = serve()
    fill(served.studio.library.models)
    page = artist.open(served.url)
    tab = open_models(page)
    button = tab.get_by_role("button", name="Convert old.pt to safetensors")
    button.click(timeout=PATIENCE)
    expect(row(tab, "old.safetensors")).to_contain_text("VAE", timeout=PATIENCE)
    expect(row(tab, "old.pt")).to_contain_text("Converted: old.safetensors is used in its place")
    choice = tab.get_by_label("What sd2-inpainting.safetensors predicts")
    choice.select_option("v_prediction")
    expect(choice).to_have_value("v_prediction", timeout=PATIENCE)
    page.reload()
    tab = open_models(page)
    expect(tab.get_by_label("What sd2-inpainting.safetensors predicts")).to_have_value(
        "v_prediction", timeout=PATIENCE
    )


def test_a_model_is_fetched_from_a_hub(serve: Callable, artist, monkeypatch):
    hub = SmallHub({"pytorch_lora_weights.safetensors": LORA})
    small = serve_hub(hub)
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    served = serve()
    page = artist.open(served.url)
    tab = open_models(page)
    tab.get_by_label("Repository").fill("artist/ink")
    tab.get_by_role("button", name="Download").click()
    expect(tab.locator(".work")).to_contain_text(
        "ink.safetensors is in models/loras.", timeout=PATIENCE
    )
    expect(row(tab, "ink")).to_contain_text("Stable Diffusion 1", timeout=PATIENCE)
    assert (served.studio.library.models / "loras" / "ink.safetensors").read_bytes() == LORA
    small.shutdown()
    small.server_close()


def test_a_download_that_fails_says_why(serve: Callable, artist, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    page = artist.open(serve().url)
    tab = open_models(page)
    tab.get_by_label("Repository").fill("someone/something")
    tab.get_by_role("button", name="Download").click()
    told = tab.locator(".work")
    expect(told).to_contain_text("Downloading someone/something")
    expect(told).to_contain_text("cannot be reached", timeout=PATIENCE)


def test_the_models_tab_on_a_phone(serve: Callable, artists: Callable):
    served = serve()
    fill(served.studio.library.models)
    page = artists(viewport={"width": 390, "height": 844}).open(served.url)
    tab = open_models(page)
    expect(row(tab, HOSTILE)).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.get_by_role("button", name="Add a model").click()
    expect(tab.locator(".drop")).to_be_in_viewport()


def test_a_black_picture_says_why_and_what_to_try(serve: Callable, artist):
    page = artist.open(serve(pace=0.02).url)
    page.get_by_label("Prompt", exact=True).fill("a black night")
    paint(page)
    panel = page.get_by_role("region", name="Why is it black?")
    expect(panel).to_contain_text("The noise predictor gave values that are no numbers")
    expect(panel).to_contain_text("VAE in use: The one inside the checkpoint, as chosen.")
    expect(panel.get_by_role("listitem")).to_have_count(2)
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    page.locator("#text-to-image-step-1").click()
    expect(page.get_by_role("button", name="Why is it black?")).to_be_hidden()
    page.keyboard.press("End")
    page.get_by_role("button", name="Why is it black?").click()
    expect(panel).to_be_visible()
    page.get_by_label("Prompt", exact=True).fill("a bright day")
    paint(page)
    expect(panel).to_be_hidden()
