"""The gallery's routes, and what goes from it into the tabs."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image

from backend.errors import StorageError
from backend.request import GenerationRequest, ModelChoice
from backend.tasks import ImageToImage, Inpaint, PictureRef
from tests.ui.fake_pictures import png
from tests.ui.fake_studio import FakeStudio
from tests.unit.studio.a1111_examples import EXAMPLES
from ui.gallery import TAB
from ui.page import TABS, build_page
from ui.reuse import reused_request, reused_settings

GALLERY = "/atelier/gallery"


def listed(client, **query) -> list[dict]:
    return client.get(GALLERY, params=query).json()["entries"]


def titles(client, **query) -> list[str]:
    return [entry["title"] for entry in listed(client, **query)]


@pytest.fixture
def three(paint, client) -> list[dict]:
    """Three pictures, the newest first."""
    for prompt in ("a red balloon", "a blue lake", "a red lake"):
        paint(prompt=prompt)
    return listed(client)


def test_pictures_come_newest_first_page_by_page(client, three):
    assert [entry["title"] for entry in three] == ["a red lake", "a blue lake", "a red balloon"]
    first = client.get(GALLERY, params={"limit": 2}).json()
    assert (first["count"], first["more"], first["checkpoints"]) == (3, True, ["storybook"])
    before = first["entries"][-1]["id"]
    rest = client.get(GALLERY, params={"limit": 2, "before": before}).json()
    assert [entry["title"] for entry in rest["entries"]] == ["a red balloon"]
    assert rest["more"] is False


def test_they_are_found_by_words_checkpoint_task_day_and_star(client, three):
    assert titles(client, words="red la") == ["a red lake"]
    assert titles(client, checkpoint="storybook", task="text-to-image", words="blue") == [
        "a blue lake"
    ]
    assert titles(client, checkpoint="another") == []
    assert titles(client, task="inpainting") == []
    assert len(listed(client, day_from="2020-01-01")) == 3
    assert listed(client, day_to="2020-01-01") == []
    client.post(f"{GALLERY}/{three[1]['id']}/favourite", json={"on": True})
    assert titles(client, favourites=True) == ["a blue lake"]
    client.post(f"{GALLERY}/{three[1]['id']}/favourite", json={"on": False})
    assert titles(client, favourites=True) == []


@pytest.mark.parametrize("words", ['"', "* ' OR 1=1 --", "NEAR(", "🎈", "a" * 5000, "%", "\0"])
def test_odd_words_are_a_search_like_any_other(client, three, words):
    assert client.get(GALLERY, params={"words": words}).status_code == 200


def test_one_picture_tells_all_of_itself(client, three):
    told = client.get(f"{GALLERY}/{three[0]['id']}").json()
    assert told["infotext"].startswith("a red lake\nSteps: 3")
    assert ["Sampler", "DPM++ 2M"] in told["pairs"]
    assert (told["seed"], told["notes"], told["left_out"], told["inputs"]) == (5, [], [], [])
    assert told["lineage"] == {"ancestors": [], "descendants": []}
    assert client.get(f"{GALLERY}/12345").status_code == 404


def test_addresses_of_pictures_and_thumbnails_are_served(client, three):
    picture = client.get(three[0]["url"].removeprefix("."))
    assert picture.headers["content-type"] == "image/png"
    thumbnail = client.get(three[0]["thumbnail"].removeprefix("."))
    with Image.open(io.BytesIO(thumbnail.content)) as small:
        assert (small.format, small.size) == ("JPEG", (64, 64))


def test_the_steps_of_a_picture_are_kept(client, three, studio: FakeStudio):
    studio._room.step_keeper.close(5)  # waits for what is still being written
    steps = client.get(f"{GALLERY}/{three[0]['id']}/steps").json()
    assert len(steps) == 3
    assert all(step.startswith("data:image/jpeg;base64,") for step in steps)
    assert client.get(f"{GALLERY}/12345/steps").json() == []


def test_into_the_bin_back_and_away_for_good(client, three, studio: FakeStudio):
    ids = [three[0]["id"], three[2]["id"]]
    client.get(three[0]["thumbnail"].removeprefix("."))
    assert client.post(f"{GALLERY}/delete", json={"ids": ids}).json() == {"count": 2}
    assert titles(client) == ["a blue lake"]
    assert titles(client, deleted=True) == ["a red lake", "a red balloon"]
    assert client.get(three[0]["thumbnail"].removeprefix(".")).status_code == 200
    assert client.post(f"{GALLERY}/restore", json={"ids": ids[:1]}).json() == {"count": 1}
    assert titles(client) == ["a red lake", "a blue lake"]
    client.post(f"{GALLERY}/delete", json={"ids": ids[:1]})
    assert client.post(f"{GALLERY}/empty-bin").json() == {"count": 2}
    assert (titles(client, deleted=True), titles(client)) == ([], ["a blue lake"])
    assert client.get(three[0]["thumbnail"].removeprefix(".")).status_code == 404
    assert list((studio.outputs / "thumbnails").rglob("*.jpg")) == []


def test_all_of_the_bin_is_restored(client, three, monkeypatch):
    monkeypatch.setattr("ui.gallery_routes.PAGE", 2)
    client.post(f"{GALLERY}/delete", json={"ids": [one["id"] for one in three]})
    assert client.post(f"{GALLERY}/restore-all").json() == {"count": 3}
    assert len(listed(client)) == 3


def test_what_cannot_be_written_is_the_studio_s_sentence(client, three, studio, monkeypatch):
    def full(*_):
        raise StorageError("The disk is full.")

    for method in ("set_favourite", "delete_pictures", "restore_pictures", "empty_bin"):
        monkeypatch.setattr(studio, method, full)
    one = {"ids": [three[0]["id"]]}
    answers = [
        client.post(f"{GALLERY}/{three[0]['id']}/favourite", json={"on": True}),
        client.post(f"{GALLERY}/delete", json=one),
        client.post(f"{GALLERY}/restore", json=one),
        client.post(f"{GALLERY}/empty-bin"),
    ]
    assert {(a.status_code, a.json()["detail"]) for a in answers} == {(507, "The disk is full.")}


def test_several_come_as_one_zip(client, three, studio):
    ids = f"{three[0]['id']},x,12345,,{three[1]['id']}"
    answer = client.post(f"{GALLERY}/zip", data={"ids": ids})
    assert answer.headers["content-disposition"].startswith('attachment; filename="atelier-')
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.namelist() == [one["path"].replace("/", "-") for one in three[:2]]
    first = studio.picture_file(three[0]["path"]).read_bytes()
    assert archive.read(archive.namelist()[0]) == first


def test_too_many_at_once_are_refused(client):
    answer = client.post(f"{GALLERY}/delete", json={"ids": list(range(10_001))})
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "Choose up to 10,000 pictures at a time.",
    )


def info(client, infotext: str) -> dict:
    return client.post(f"{GALLERY}/info", content=png(Image.new("RGB", (8, 8)), infotext)).json()


def test_a_picture_s_settings_are_told_with_what_is_missing(client):
    told = info(client, EXAMPLES["plain"][0])
    assert told["program"] == "AUTOMATIC1111's format, v1.9.4"
    assert told["prompt"] == "a red fox in tall grass, morning mist"
    assert told["notes"] == ["The checkpoint “meadow_v2” [0a1b2c3d4e] of this picture is not here."]
    told = info(client, EXAMPLES["hires fix"][0])
    assert ["Hires upscaler", "Latent"] in told["left_out"]
    told = info(
        client, "x\nSteps: 3, Seed: 1, CFG scale: 2, Model: storybook, Model hash: 00aa00aa00"
    )
    assert "another file" in told["notes"][0]
    told = info(client, "x\nSteps: 3, Seed: 1, CFG scale: 2, VAE: none.pt, VAE hash: 00aa00aa00")
    assert told["notes"] == ["The VAE “none.pt” [00aa00aa00] of this picture is not here."]


@pytest.mark.parametrize("body", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_no_picture_is_a_sentence(client, body):
    answer = client.post(f"{GALLERY}/info", content=body)
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith(".")


def test_every_task_tab_takes_settings_and_the_picture_tabs_take_pictures(studio):
    config = build_page(studio).blocks.get_config_file()
    (gallery,) = [c for c in config["components"] if c["props"].get("elem_id") == TAB]
    assert [tab["name"] for tab in gallery["props"]["props"]["tabs"]] == list(TABS)
    events = {name for one in config["dependencies"] for owner, name in one["targets"]
              if owner == gallery["id"]}  # fmt: skip
    for tab in gallery["props"]["props"]["tabs"]:
        assert {f"reuse_{tab['tab']}", f"settings_{tab['tab']}"} <= events
        assert (f"to_{tab['tab']}" in events) == tab["takes"]


def kept(studio: FakeStudio, tone: int) -> PictureRef:
    return studio.keep_picture(png(Image.new("RGB", (64, 64), (tone, 0, 0)), "")).ref


def test_a_request_is_reused_whole(studio: FakeStudio):
    picture, mask = kept(studio, 1), kept(studio, 255)
    task = Inpaint(picture=picture, mask=mask, strength=0.4, area="Only masked", soft=True)
    spec = studio.checkpoints()[1]
    model = ModelChoice(checkpoint=spec.name, vae="ft-mse", checkpoint_hash=spec.sha256)
    request = GenerationRequest(prompt="x", seed=3, clip_skip=2, model=model, task=task)
    reused = reused_request(studio, request)
    assert reused.pictures == {"picture": picture, "mask": mask}
    assert (reused.checkpoint, reused.vae, reused.sentences) == (spec.name, "ft-mse", ())
    for name in ("prompt", "seed", "clip_skip", "width", "sampler"):
        assert reused.values[name] == getattr(request, name)
    for name in ("strength", "area", "soft", "mask_blur", "padding", "masked_content", "resize"):
        assert reused.values[name] == getattr(task, name)


def test_what_is_gone_since_is_said(studio: FakeStudio):
    model = ModelChoice(checkpoint="lost", vae="lost too", checkpoint_hash="ab" * 32)
    picture = PictureRef(sha256="e" * 64, width=64, height=64)
    request = GenerationRequest(seed=3, model=model, task=ImageToImage(picture=picture))
    reused = reused_request(studio, request)
    assert (reused.checkpoint, reused.vae) == (None, None)
    assert " ".join(reused.sentences) == (
        "The checkpoint “lost” [ababababab] of this picture is not here. "
        "The VAE “lost too” of this picture is not here. "
        "Its input picture is no longer in the outputs folder."
    )


def test_settings_of_a_file_are_read_anew_and_not_believed(studio: FakeStudio):
    pairs = [["Prompt", "a lake"], ["Steps", "9"], ["Seed", "-5"], ["Model", "storybook"]]
    reused = reused_settings(studio, pairs, None)
    assert reused.values == {"prompt": "a lake", "steps": 9, "clip_skip": 1}
    assert (reused.checkpoint, reused.vae) == ("storybook", "Automatic")
    for odd in (None, "x", [1], [["a"]], [[1, 2]], {"a": "b"}):
        assert reused_settings(studio, odd, odd).values == {}


def test_a_number_that_no_picture_can_have_is_refused(client):
    huge = 2**63
    assert client.get(f"{GALLERY}/{huge}").status_code == 422
    assert client.get(f"{GALLERY}/{huge}/steps").status_code == 422
    assert client.get(GALLERY, params={"before": huge}).status_code == 422
    assert client.post(f"{GALLERY}/{huge}/favourite", json={"on": True}).status_code == 422
    assert client.post(f"{GALLERY}/delete", json={"ids": [huge]}).status_code == 422
    assert client.post(f"{GALLERY}/zip", data={"ids": f"{huge},{'9' * 5000}"}).status_code == 200
