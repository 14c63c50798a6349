"""Reloads and closed tabs at random moments lose nothing; two tabs never mix their models."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator

import numpy as np
import pytest
import requests
from PIL import Image
from playwright.sync_api import Page, expect

from backend.studio.infotext import read_infotext
from tests.browser.test_browser_painting import (
    past_steps,
    set_number,
    status,
    wait_for_step,
)
from tests.program.running import Program, tiny_program, wait_for

PATIENCE = 120_000
FEW = int(os.environ.get("ATELIER_RELOADS", "8"))
ALIVE = re.compile(r"Step \d+ of|Finished in|Queued|Starting|Loading|Waiting")
# Notes when the page keeps a job that is new, which another tab may drop as soon as it is over.
NOTE_NEXT_JOB = """() => {
  const jobs = "atelier.jobs.text-to-image";
  const before = JSON.parse(localStorage[jobs] || "[]");
  const keep = Storage.prototype.setItem;
  window.taken = false;
  Storage.prototype.setItem = function (key, value) {
    keep.call(this, key, value);
    if (key !== jobs || JSON.parse(value).every((id) => before.includes(id))) return;
    window.taken = true;
    Storage.prototype.setItem = keep;
  };
}"""


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Iterator[Program]:
    program = tiny_program(tmp_path_factory.mktemp("reloads"))
    program.start()
    yield program
    program.kill()


def ask(page: Page, seed: int, steps: int) -> None:
    """Press Generate, and wait until the Studio has taken the job in."""
    set_number(page, "seed", seed)
    set_number(page, "steps", steps)
    page.evaluate(NOTE_NEXT_JOB)
    page.get_by_role("button", name="Generate").click()
    page.wait_for_function("window.taken", timeout=PATIENCE)


def idle(program: Program) -> bool:
    state = program.state()
    return not state["busy"] and not state["queued"]


@pytest.mark.parametrize("times", [FEW, pytest.param(100, marks=pytest.mark.long)])
def test_reloads_and_closed_tabs_lose_nothing(program, artist, times):
    chance = random.Random(times)
    page = artist.open(program.url)
    before = set(program.pictures())
    seeds = range(1000 * times, 1000 * times + times)
    for seed in seeds:
        ask(page, seed, chance.randint(20, 120))
        page.wait_for_timeout(chance.uniform(0, 900))
        if chance.random() < 0.5:
            page.reload()
        else:
            page.close()
            page = artist.open(program.url)
        expect(status(page)).to_have_text(ALIVE, timeout=PATIENCE)
    wait_for(lambda: idle(program))
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    assert set(program.pictures()) - before == set(seeds)
    recent = requests.get(f"{program.url}/atelier/recent", timeout=60).json()
    newest = [int(one["name"].removesuffix(".png").partition("-")[2]) for one in recent]
    assert newest[: min(times, 30)] == list(reversed(seeds))[:30]


def test_an_open_page_goes_on_by_itself_after_a_crash(program, artist):
    page = artist.open(program.url)
    for field in ("width", "height"):
        set_number(page, field, 320)
    ask(page, 4242, 150)
    wait_for(lambda: list((program.outputs / "queue").glob("*.safetensors")))
    wait_for_step(page, 5)
    program.kill()
    expect(status(page)).to_contain_text("does not answer", timeout=PATIENCE)
    program.start()
    expect(status(page)).to_contain_text("Finished in", timeout=PATIENCE)
    assert past_steps(page).count() > 100  # all but those that it had not been sent yet
    assert set(program.pictures([4242])) == {4242}
    lost = [fault for fault in artist.faults if "net::ERR" in fault]
    assert artist.faults == lost
    artist.faults.clear()


def test_two_tabs_with_different_checkpoints_never_mix(program, artist):
    pages = {name: artist.open(program.url) for name in ("one", "two")}
    for name, page in pages.items():
        page.get_by_label("Checkpoint").click()
        page.get_by_role("option", name=name, exact=True).click()
    seeds = {"one": range(70, 74), "two": range(80, 84)}
    for pair in zip(*seeds.values(), strict=True):
        for page, seed in zip(pages.values(), pair, strict=True):
            ask(page, seed, 15)
    wait_for(lambda: idle(program))
    saved = program.pictures()
    for name, own in seeds.items():
        for seed in own:
            (path,) = program.outputs.glob(f"*/*-{seed}.png")
            with Image.open(path) as picture:
                infotext = picture.info["parameters"]
            assert read_infotext(infotext)["Model"] == name
            alone = program.painted(
                "txt2img",
                prompt=read_infotext(infotext)["Prompt"],
                negative_prompt=read_infotext(infotext)["Negative prompt"],
                seed=seed,
                steps=15,
                width=64,
                height=64,
                cfg_scale=float(read_infotext(infotext)["CFG scale"]),
                sampler_name=read_infotext(infotext)["Sampler"],
                override_settings={"sd_model_checkpoint": name},
            )
            assert np.array_equal(saved[seed], alone)
