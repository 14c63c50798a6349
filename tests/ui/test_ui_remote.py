"""Gradio's own client paints by the named endpoints, over a real connection."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import httpx
import pytest
from gradio_client import Client
from PIL import Image

from backend.api.password import Login, Logins
from backend.tasks import DepthToImage, ImageToImage, Inpaint, TextToImage
from tests.serving import serving
from tests.ui.fake_studio import FakeStudio
from ui.server import build_server

BASIC = "Basic " + base64.b64encode(b"ada:secret").decode()
SMALL = {"steps": 3, "seed": 7}


@pytest.fixture(scope="module")
def address_and_studio(tmp_path_factory) -> Iterator[tuple[str, FakeStudio]]:
    studio = FakeStudio(tmp_path_factory.mktemp("remote"), pace=0.0)
    app = build_server(studio, logins=Logins(page=(Login("ada", "secret"),)))
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}", studio


@pytest.fixture(scope="module")
def remote(address_and_studio) -> Client:
    address, _ = address_and_studio
    return Client(address, headers={"Authorization": BASIC}, verbose=False)


@pytest.fixture
def address(address_and_studio) -> str:
    return address_and_studio[0]


@pytest.fixture
def last_task(address_and_studio):
    _, studio = address_and_studio
    return lambda: list(studio.jobs.values())[-1].request.task


def picture(tone: int = 200) -> str:
    target = io.BytesIO()
    Image.new("RGB", (96, 64), (tone, tone, tone)).save(target, "PNG")
    return base64.b64encode(target.getvalue()).decode()


def test_text_to_image(remote, address, last_task):
    pictures = remote.predict("a lake", batch_size=2, **SMALL, api_name="/text_to_image")
    assert [one["seed"] for one in pictures] == [7, 8]
    assert isinstance(last_task(), TextToImage)
    found = httpx.get(f"{address}/{pictures[0]['url'][2:]}", headers={"Authorization": BASIC})
    with Image.open(io.BytesIO(found.content)) as painted:
        assert painted.size == (512, 512)


def test_image_to_image(remote, last_task):
    (one,) = remote.predict(picture(), "a lake", strength=0.5, **SMALL, api_name="/image_to_image")
    assert (one["width"], one["height"]) == (96, 64)
    task = last_task()
    assert isinstance(task, ImageToImage)
    assert task.strength == 0.5


def test_inpaint(remote, last_task):
    remote.predict(picture(), picture(255), "a lake", mask_blur=9, **SMALL, api_name="/inpaint")
    task = last_task()
    assert isinstance(task, Inpaint)
    assert task.mask_blur == 9


@pytest.mark.parametrize("depth", ["", picture(90)])
def test_depth_to_image(remote, last_task, depth):
    remote.predict(picture(), "a lake", depth=depth, **SMALL, api_name="/depth_to_image")
    task = last_task()
    assert isinstance(task, DepthToImage)
    assert task.strength == 1.0
    assert (task.depth is None) == (depth == "")


def test_what_is_wrong_is_told_in_a_sentence(remote):
    with pytest.raises(Exception, match="Steps must be from 1"):
        remote.predict("a lake", steps=0, api_name="/text_to_image")
    with pytest.raises(Exception, match="must be base64"):
        remote.predict("@@", "a lake", api_name="/image_to_image")


def test_the_endpoints_are_described_with_their_defaults(remote):
    told = remote.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(told) == {"/text_to_image", "/image_to_image", "/inpaint", "/depth_to_image"}
    named = {one["parameter_name"]: one for one in told["/inpaint"]["parameters"]}
    assert named["padding"]["parameter_default"] == 32
    assert not named["mask"]["parameter_has_default"]


def test_without_the_password_neither_page_nor_endpoints_nor_pictures(address):
    for route in ("/", "/gradio_api/info", "/atelier/recent", "/sdapi/v1/options", "/openapi.json"):
        assert httpx.get(address + route).status_code == 401
    assert httpx.get(f"{address}/", headers={"Authorization": BASIC}).status_code == 200
