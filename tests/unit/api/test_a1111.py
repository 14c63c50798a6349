"""The A1111-compatible routes, driven by a client library that other people wrote."""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytest
import requests
import webuiapi
from fastapi import FastAPI
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from backend.api.a1111 import a1111_router
from backend.api.errors import add_error_answers
from backend.api.guard import HostRule, SiteGuard
from backend.api.password import Login, Logins, PasswordGuard
from backend.studio.infotext import read_infotext
from backend.studio.studio import Settings, Studio
from tests.serving import serving
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
    with api(studio) as port:
        yield Served(studio, port)
    studio.close()


@contextmanager
def api(studio: Studio, logins: Logins | None = None) -> Iterator[int]:
    """The routes on a port of their own, guarded as the program guards them."""
    app = FastAPI()
    app.add_middleware(PasswordGuard, logins=logins or Logins())
    app.add_middleware(SiteGuard, rule=HostRule())
    app.include_router(a1111_router(studio))
    add_error_answers(app)
    with serving(app) as port:
        yield port


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


def test_skip_goes_on_with_the_next_picture_of_the_batch(served):
    client, results = served.client(), []
    painting = threading.Thread(
        target=lambda: results.append(paint(served, steps=60, n_iter=3, seed=40))
    )
    painting.start()
    until = time.monotonic() + 60
    while (state := client.get_progress()["state"])["job_no"] < 1 or not state["sampling_step"]:
        assert time.monotonic() < until
    client.skip()
    painting.join(60)
    assert results[0].info["all_seeds"] == [40, 42]
    assert len(results[0].images) == 2
    assert client.skip() == {}


def wait_until(there: Callable[[], bool], seconds: float = 180) -> None:
    until = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_many_may_wait_and_the_server_still_answers(served):
    """FastAPI's own threads are 40: calls that wait for their pictures must not take them."""
    # Large enough to be still painted when the last of the others has come in.
    long = threading.Thread(target=lambda: paint(served, steps=150, n_iter=16, width=512))
    long.start()
    wait_until(lambda: served.studio.running_job() is not None)
    waiting = [threading.Thread(target=lambda: paint(served, steps=1)) for _ in range(50)]
    for each in waiting:
        each.start()
    wait_until(lambda: served.studio.state().queued == 50)
    assert requests.get(f"{served.url}/samplers", timeout=20).ok
    served.client().interrupt()
    for each in (long, *waiting):
        each.join(120)
        assert not each.is_alive()


def test_what_can_be_chosen_is_listed(served):
    client = served.client()
    assert "DPM++ 2M" in client.util_get_sampler_names()
    assert "karras" in client.util_get_scheduler_names()
    assert client.get_sd_vae() == [
        {"model_name": "loose.safetensors", "filename": "loose.safetensors"}
    ]
    assert client.get_memory()["ram"]["total"] > 0
    assert client.get_cmd_flags()["api"] is True
    assert client.get_upscalers() == []
    assert client.refresh_checkpoints() is None


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


def test_an_inverted_mask_keeps_what_is_inside(served):
    start = Image.new("RGB", (64, 64), (9, 99, 199))
    mask = Image.new("L", (64, 64))
    mask.paste(255, (24, 24, 40, 40))
    result = served.client().img2img(
        images=[start],
        mask_image=mask,
        mask_blur=0,
        inpainting_fill=1,
        inpaint_full_res=False,
        inpainting_mask_invert=1,
        width=64,
        height=64,
        seed=5,
    )
    pixels = np.asarray(result.image)
    assert (pixels[24:40, 24:40] == (9, 99, 199)).all()
    assert (pixels[:24] != (9, 99, 199)).any()


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


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_png_info_reads_jpeg_and_webp(served, kind):
    text = "a mill\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 9"
    holder = Image.Exif()
    comment = b"UNICODE\0" + text.encode("utf-16-be")
    holder.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    answer = png_info(served, kind, exif=holder.tobytes())
    assert answer.info == text
    assert answer.json["items"] == {"parameters": text}
    assert (answer.parameters["Prompt"], answer.parameters["Seed"]) == ("a mill", "9")


def test_png_info_reads_what_another_program_wrote(served):
    chunks = PngInfo()
    chunks.add_text("Dream", '"a mill [fog]" -s 20 -S 9 -W 512 -H 512 -C 7.5 -A k_euler_a')
    answer = png_info(served, "PNG", pnginfo=chunks)
    assert answer.info.startswith("Dream: ")
    assert answer.parameters["Prompt"] == "a mill"
    assert answer.parameters["Negative prompt"] == "fog"
    assert (answer.parameters["Steps"], answer.parameters["Seed"]) == ("20", "9")


def png_info(served: Served, kind: str, **options) -> webuiapi.WebUIApiResult:
    """What the client library makes of a file's settings; its own way sends PNG alone."""
    with io.BytesIO() as buffer:
        Image.new("RGB", (64, 48), "skyblue").save(buffer, kind, **options)
        encoded = base64.b64encode(buffer.getvalue()).decode()
    answer = requests.post(f"{served.url}/png-info", json={"image": encoded}, timeout=10)
    return served.client()._to_api_result(answer)


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
        ("txt2img", {"subseed_strength": 0.5}, "“subseed_strength” is not supported"),
        (
            "txt2img",
            {"alwayson_scripts": {"ControlNet": {"args": [{"enabled": True}]}}},
            "“alwayson_scripts.ControlNet.enabled” is not supported",
        ),
        ("txt2img", {"script_name": "x/y"}, "“script_name” is not supported"),
        ("txt2img", {"override_settings": {"CLIP_stop_at_last_layers": "2"}}, "whole number"),
        ("txt2img", {"override_settings": {"samples_format": "webp"}}, "“samples_format”"),
        ("txt2img", {"sampler_name": "PLMS", "scheduler": "Beta"}, "cannot follow the schedule"),
        ("txt2img", {"batch_size": -1, "n_iter": -2}, "batch_size must be at least 1"),
        ("txt2img", {"n_iter": 100}, "number of pictures must be from 1"),
        ("img2img", {"init_images": [png()], "mask": png("black")}, "Nothing is masked"),
        ("img2img", {"init_images": [png()], "mask": png(), "inpainting_mask_invert": 7}, "0 or 1"),
        ("txt2img", {"override_settings": {"nope": 1}}, "setting “nope”"),
        ("txt2img", {"override_settings": {"sd_model_checkpoint": "x"}}, "no checkpoint called"),
        ("img2img", {}, "one picture in init_images"),
        ("img2img", {"init_images": ["@@"]}, "base64"),
        ("img2img", {"init_images": ["aGVsbG8="]}, "not a picture"),
        ("img2img", {"init_images": [png()], "resize_mode": 9}, "resize_mode must be from 0"),
        ("img2img", {"init_images": [png()], "denoising_strength": 2}, "from 0 to 1"),
        ("png-info", {"image": "aGVsbG8="}, "not a picture"),
    ],
)
def test_bad_input_is_a_sentence(served, route, body, says):
    answer = requests.post(f"{served.url}/{route}", json=body, timeout=60)
    assert answer.status_code == 422
    content = answer.json()
    assert set(content) == {"error", "field", "detail"}
    assert says in content["detail"]
    assert content["detail"].endswith(".")


@pytest.mark.parametrize("body", [{"steps": "many"}, {"override_settings": []}])
def test_a_wrong_type_names_the_field(served, body):
    answer = requests.post(f"{served.url}/txt2img", json=body, timeout=10)
    assert answer.status_code == 422
    content = answer.json()
    assert content["field"] == next(iter(body))
    assert f"“{content['field']}”" in content["detail"]


def test_no_json_at_all_is_a_sentence(served):
    answer = requests.post(f"{served.url}/txt2img", data="{nonsense", timeout=10)
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith(".")


def test_what_only_the_painter_finds_wrong_comes_back_as_bad_input(served):
    """The tiny text encoder has three layers; that shows when the words are encoded."""
    body = {"override_settings": {"CLIP_stop_at_last_layers": 9}, "width": 64, "height": 64}
    answer = requests.post(f"{served.url}/txt2img", json=body, timeout=60)
    assert answer.status_code == 422
    assert answer.json()["error"] == "InvalidRequest"
    assert answer.json()["field"] == "clip_skip"


def test_fields_that_ask_for_nothing_are_accepted(served):
    nothing = {
        "styles": [], "subseed": 12345, "subseed_strength": 0, "hr_scale": 2, "eta": 1.0,
        "alwayson_scripts": {"ControlNet": {"args": []}, "ADetailer": {"args": [False]}},
        "script_name": None, "restore_faces": False, "refiner_checkpoint": "",
        "override_settings": {"samples_format": "png", "enable_pnginfo": True},
    }  # fmt: skip
    body = {"prompt": "x", "steps": 1, "width": 64, "height": 64, **nothing}
    assert requests.post(f"{served.url}/txt2img", json=body, timeout=60).ok


def test_options_may_be_sent_back_whole(served):
    client = served.client()
    options = client.get_options()
    assert client.set_options({**options, "CLIP_stop_at_last_layers": 2}) == {}
    assert client.get_options()["CLIP_stop_at_last_layers"] == 2
    client.set_options(options)
    assert client.get_options() == options


def test_the_reply_names_the_model_by_its_hash(served):
    info = paint(served).info
    title = served.client().util_get_current_model()
    assert title == f"{info['sd_model_name']} [{info['sd_model_hash']}]"


def test_webuiapi_with_a_password(served):
    logins = Logins(api=(Login("robot", "beep"),))
    with api(served.studio, logins) as port:
        client = webuiapi.WebUIApi(port=port, sampler="Euler", steps=2)
        with pytest.raises(RuntimeError, match="401"):
            client.txt2img(prompt="x", width=64, height=64)
        client.set_auth("robot", "boop")
        with pytest.raises(RuntimeError, match="401"):
            client.txt2img(prompt="x", width=64, height=64)
        client.set_auth("robot", "beep")
        assert client.txt2img(prompt="x", width=64, height=64).image.size == (64, 64)


def test_another_site_can_neither_paint_nor_read(served):
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = requests.post(f"{served.url}/txt2img", json={}, headers=headers, timeout=10)
        assert answer.status_code == 403
        answer = requests.get(f"{served.url}/options", headers=headers, timeout=10)
        assert answer.status_code == 403


ROUTES = [
    *("txt2img", "img2img", "progress", "interrupt", "skip", "options", "cmd-flags", "samplers"),
    *("schedulers", "sd-models", "sd-vae", "memory", "refresh-checkpoints", "png-info"),
]


def test_every_route_is_described(served):
    described = requests.get(f"http://127.0.0.1:{served.port}/openapi.json", timeout=10).json()
    paths = described["paths"]
    assert {f"/sdapi/v1/{route}" for route in ROUTES} <= set(paths)
    fields = described["components"]["schemas"]["Img2ImgBody"]["properties"]
    assert fields["inpainting_fill"]["description"]
    assert "422" in paths["/sdapi/v1/txt2img"]["post"]["responses"]
