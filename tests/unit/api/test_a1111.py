"""The A1111-compatible routes, driven by a client library that other people wrote."""

from __future__ import annotations

import base64
import io
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import requests
import uvicorn
import webuiapi
from fastapi import FastAPI
from PIL import Image

from backend.api.a1111 import a1111_router, answer_error
from backend.errors import AtelierError
from backend.studio.infotext import read_infotext
from backend.studio.studio import Settings, Studio
from tests.tiny_folder import save_tiny_model


@dataclass(frozen=True)
class Served:
    studio: Studio
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/sdapi/v1"

    def client(self) -> webuiapi.WebUIApi:
        return webuiapi.WebUIApi(port=self.port, sampler="Euler", steps=3)


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("api")
    save_tiny_model(root / "models" / "bundled" / "one")
    two = save_tiny_model(root / "models" / "checkpoints" / "two", change=0.02)
    (root / "models" / "vae").mkdir()
    vae = (two / "vae" / "diffusion_pytorch_model.safetensors").read_bytes()
    (root / "models" / "vae" / "loose.safetensors").write_bytes(vae)
    settings = Settings(
        models=root / "models", outputs=root / "outputs", device="cpu", dtype="fp32"
    )
    studio = Studio(settings)
    studio.start()
    app = FastAPI()
    app.include_router(a1111_router(studio))
    app.add_exception_handler(AtelierError, answer_error)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.02)
    yield Served(studio, port)
    server.should_exit = True
    studio.close()


def paint(served: Served, **changes):
    values = {"prompt": "a red beach", "seed": 5, "width": 64, "height": 64, **changes}
    return served.client().txt2img(**values)


def test_text_to_image_paints_what_the_seed_says(served):
    first, again, other = paint(served), paint(served), paint(served, seed=6)
    assert first.image.size == (64, 64)
    assert (np.asarray(first.image) == np.asarray(again.image)).all()
    assert (np.asarray(first.image) != np.asarray(other.image)).any()
    assert first.info["all_seeds"] == [5]
    assert read_infotext(first.info["infotexts"][0])["Sampler"] == "Euler"


def test_a_batch_gives_all_its_pictures(served):
    result = paint(served, batch_size=2, n_iter=2)
    assert len(result.images) == 4
    assert result.info["all_seeds"] == [5, 6, 7, 8]


def test_the_old_spelling_of_sampler_and_schedule(served):
    infotext = paint(served, sampler_name="DPM++ 2M Karras").info["infotexts"][0]
    pairs = read_infotext(infotext)
    assert (pairs["Sampler"], pairs["Schedule type"]) == ("DPM++ 2M", "Karras")


def test_options_swap_the_checkpoint_and_the_vae(served):
    client = served.client()
    before = client.util_get_current_model()
    assert [title.split()[0] for title in client.util_get_model_names()] == ["one", "two"]
    client.util_set_model("two")
    client.set_options({"sd_vae": "loose.safetensors"})
    pairs = read_infotext(paint(served).info["infotexts"][0])
    assert (pairs["Model"], pairs["VAE"]) == ("two", "loose.safetensors")
    client.set_options({"sd_model_checkpoint": before, "sd_vae": "Automatic"})
    assert client.util_get_current_model() == before


def test_override_settings_hold_for_one_picture(served):
    overridden = paint(served, override_settings={"sd_model_checkpoint": "two"})
    assert read_infotext(overridden.info["infotexts"][0])["Model"] == "two"
    assert read_infotext(paint(served).info["infotexts"][0])["Model"] == "one"


def test_progress_and_interrupt(served):
    client, results = served.client(), []
    painting = threading.Thread(target=lambda: results.append(paint(served, steps=150)))
    painting.start()
    until = time.monotonic() + 30
    while not (progress := client.get_progress())["state"]["sampling_step"]:
        assert time.monotonic() < until
    assert 0 < progress["progress"] < 1
    assert progress["state"]["sampling_steps"] == 150
    client.interrupt()
    painting.join(30)
    assert results[0].images == []
    assert client.get_progress()["progress"] == 0


def test_what_can_be_chosen_is_listed(served):
    client = served.client()
    assert "DPM++ 2M" in client.util_get_sampler_names()
    assert "karras" in client.util_get_scheduler_names()
    assert client.get_sd_vae() == [
        {"model_name": "loose.safetensors", "filename": "loose.safetensors"}
    ]
    assert client.get_memory()["ram"]["total"] > 0


def test_image_to_image_starts_from_the_picture(served):
    start = Image.new("RGB", (64, 64), "red")
    result = served.client().img2img(
        images=[start], prompt="x", seed=5, width=64, height=64, denoising_strength=0.5, steps=4
    )
    assert result.image.size == (64, 64)
    assert read_infotext(result.info["infotexts"][0])["Denoising strength"] == "0.5"


def test_inpainting_keeps_what_is_outside_the_mask(served):
    start = Image.new("RGB", (64, 64), (9, 99, 199))
    mask = Image.new("L", (64, 64))
    mask.paste(255, (24, 24, 40, 40))
    result = served.client().img2img(
        images=[start],
        mask_image=mask,
        mask_blur=0,
        inpainting_fill=1,
        inpaint_full_res=False,
        width=64,
        height=64,
        seed=5,
    )
    pixels = np.asarray(result.image)
    assert (pixels[:24] == (9, 99, 199)).all()
    assert (pixels[24:40, 24:40] != (9, 99, 199)).any()


def test_png_info_reads_a_picture_back(served):
    result = paint(served)
    with io.BytesIO() as buffer:
        result.image.save(buffer, "PNG", pnginfo=None)
        bare = base64.b64encode(buffer.getvalue()).decode()
    encoded = result.json["images"][0]
    answer = requests.post(f"{served.url}/png-info", json={"image": encoded}, timeout=10).json()
    assert answer["info"] == result.info["infotexts"][0]
    assert answer["parameters"]["Seed"] == "5"
    assert (
        requests.post(f"{served.url}/png-info", json={"image": bare}, timeout=10).json()["info"]
        == ""
    )


def png(colour: str = "red") -> str:
    with io.BytesIO() as buffer:
        Image.new("RGB", (64, 64), colour).save(buffer, "PNG")
        return base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize(
    ("route", "body", "says"),
    [
        ("txt2img", {"width": 100}, "multiple of 8"),
        ("txt2img", {"steps": 0}, "Steps must be from 1"),
        ("txt2img", {"sampler_name": "Nope"}, "no sampler called"),
        ("txt2img", {"enable_hr": True}, "“enable_hr” is not supported"),
        ("txt2img", {"tiling": True}, "“tiling” is not supported"),
        ("txt2img", {"override_settings": {"nope": 1}}, "setting “nope”"),
        ("txt2img", {"override_settings": {"sd_model_checkpoint": "x"}}, "no checkpoint called"),
        ("img2img", {}, "one picture in init_images"),
        ("img2img", {"init_images": ["@@"]}, "base64"),
        ("img2img", {"init_images": ["aGVsbG8="]}, "not a picture"),
        ("img2img", {"init_images": [png()], "resize_mode": 9}, "resize_mode must be from 0"),
        ("img2img", {"init_images": [png()], "denoising_strength": 2}, "from 0 to 1"),
        ("png-info", {"image": "aGVsbG8="}, "not a PNG"),
    ],
)
def test_bad_input_is_a_sentence(served, route, body, says):
    answer = requests.post(f"{served.url}/{route}", json=body, timeout=10)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]


def test_a_wrong_type_names_the_field(served):
    answer = requests.post(f"{served.url}/txt2img", json={"steps": "many"}, timeout=10)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "steps"]
