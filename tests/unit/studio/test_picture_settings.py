"""Infotext of other programs becomes settings that can be painted by, and names what cannot."""

from __future__ import annotations

import pytest

from backend.models import ModelSpec
from backend.request import GenerationRequest, ModelChoice, validate
from backend.studio.infotext import MAX_PAIRS, read_infotext, write_infotext
from backend.studio.model_match import match_model
from backend.studio.picture_settings import NamedFile, read_settings
from backend.studio.sampler_names import sampler_and_schedule
from tests.unit.studio.a1111_examples import EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_a1111_infotext_comes_back_complete(name):
    text, values, task, left_out = EXAMPLES[name]
    settings = read_settings(text)
    assert settings.values == values
    assert settings.task == task
    assert set(settings.left_out) == left_out
    validate(GenerationRequest(model=ModelChoice(checkpoint="any"), **_request_values(values)))


def _request_values(values: dict) -> dict:
    tasks = ("strength", "mask_blur", "area", "padding", "masked_content", "soft")
    return {"seed": 1} | {name: value for name, value in values.items() if name not in tasks}


def test_the_models_of_a_picture_are_named_with_their_hashes():
    settings = read_settings(EXAMPLES["plain"][0])
    assert settings.checkpoint == NamedFile(name="meadow_v2", hash="0a1b2c3d4e")
    assert not settings.vae
    assert read_settings(EXAMPLES["quoted"][0]).checkpoint.name == 'odd, name: with "marks"'
    vae = read_settings(EXAMPLES["what is not here"][0]).vae
    assert vae == NamedFile(name="mse.safetensors", hash="735e4c3a44")


def test_our_own_infotext_comes_back_with_nothing_left_out():
    request = GenerationRequest(
        prompt="a lake: still", negative_prompt="wind, “rain”", width=640, height=384, steps=9,
        cfg_scale=3.5, sampler="DPM++ 2M", schedule="Karras", seed=4294967295, clip_skip=2,
        model=ModelChoice(checkpoint="storybook"),
    )  # fmt: skip
    settings = read_settings(write_infotext(request, "ab" * 32, None))
    assert settings.left_out == {}
    fields = ("prompt", "negative_prompt", "width", "height", "steps", "cfg_scale", "sampler")
    fields += ("schedule", "seed", "clip_skip")
    assert settings.values == {name: getattr(request, name) for name in fields}


@pytest.mark.parametrize(
    "pair",
    ["Seed: 18446744073709551615", "Seed: -1", "Size: 5000x500", "Size: 512", "Steps: 1000",
     "Steps: 0", "CFG scale: nan", "CFG scale: 1e9", "Clip skip: 99", "RNG: NV"],
)  # fmt: skip
def test_a_value_that_cannot_be_painted_by_is_left_out_by_name(pair):
    name, value = pair.split(": ")
    text = f"a lake\nDenoising strength: 0.5, Mask blur: 4, Masked content: fill, {pair}"
    settings = read_settings(text)
    assert settings.left_out == {name: value}
    assert set(settings.values) == {
        "prompt", "negative_prompt", "strength", "mask_blur", "masked_content", "area", "soft",
    }  # fmt: skip


def test_only_without_a_picture_to_start_from_a_size_must_be_of_whole_cells():
    size = "Steps: 20, Seed: 1, Size: 500x333"
    assert read_settings(f"a lake\n{size}").left_out == {"Size": "500x333"}
    assert read_settings(f"a lake\n{size}, Denoising strength: 0.5").values["height"] == 333


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (("DPM++ 2M SDE Exponential", ""), ("DPM++ 2M SDE", "Exponential")),
        (("DPM2 a Karras", ""), ("DPM2 a", "Karras")),
        (("euler a", ""), ("Euler a", "Automatic")),
        (("DPM++ 2M", "SGM Uniform"), ("DPM++ 2M", "SGM Uniform")),
        (("dpmpp_2m_sde_gpu", "karras"), ("DPM++ 2M SDE", "Karras")),
        (("euler_ancestral", "normal"), ("Euler a", "Uniform")),
        (("uni_pc", "sgm_uniform"), ("UniPC", "SGM Uniform")),
        (("dpmpp_2m_k", ""), ("DPM++ 2M", "Karras")),
        (("kdpm_2_a", ""), ("DPM2 a", "Automatic")),
        (("k_dpm_2", ""), ("DPM2", "Automatic")),
        (("Restart", "Simple"), (None, None)),
        (("", ""), (None, "Automatic")),
    ],
)
def test_samplers_by_the_names_of_other_programs(theirs, ours):
    assert sampler_and_schedule(*theirs) == ours


def checkpoints(*named: tuple[str, str]) -> list[ModelSpec]:
    return [
        ModelSpec(
            name=name, path=None, family="sd1", kind="base", prediction="epsilon",
            native_size=512, sha256=sha256,
        )  # type: ignore[arg-type]
        for name, sha256 in named
    ]  # fmt: skip


HERE = checkpoints(("meadow_v2.safetensors", "0a1b2c3d4e" + "0" * 54), ("forest", "f" * 64))


@pytest.mark.parametrize(
    ("wanted", "name", "says"),
    [
        (NamedFile(name="meadow_v2", hash="0a1b2c3d4e"), "meadow_v2.safetensors", ""),
        (NamedFile(name="meadow_v2", hash="0A1B2C3D4E"), "meadow_v2.safetensors", ""),
        (NamedFile(name="renamed", hash="ffffffffff"), "forest", "is called “forest” here"),
        (NamedFile(hash="ffffffffff"), "forest", ""),
        (NamedFile(name="forest", hash="1234567890"), "forest", "another file"),
        (NamedFile(name="forest", hash="7460a6fa"), "forest", ""),
        (NamedFile(name="dunes", hash="1234567890"), None, "“dunes” [1234567890]"),
        (NamedFile(name="dunes"), None, "“dunes” of this picture is not here"),
        (NamedFile(), None, ""),
        (NamedFile(hash=""), None, ""),
    ],
)
def test_a_picture_s_checkpoint_is_found_or_named(wanted, name, says):
    match = match_model("checkpoint", wanted, HERE)
    assert match.name == name
    assert says in match.sentence
    assert bool(says) == bool(match.sentence)


def test_two_files_of_one_hash_are_told_apart_by_name():
    twins = checkpoints(("first", "f" * 64), ("second", "f" * 64))
    match = match_model("checkpoint", NamedFile(name="second", hash="f" * 10), twins)
    assert (match.name, match.sentence) == ("second", "")


def test_a_hash_that_is_not_computed_yet_is_said():
    match = match_model("VAE", NamedFile(name="a", hash="1234567890"), checkpoints(("a", "")))
    assert "not computed yet" in match.sentence


@pytest.mark.parametrize("unit", ["a", "a b", "aa: ", '"\\', 'aa:"\\",', "aa: b, ", ",", ":"])
def test_a_hostile_line_is_read_in_linear_time(unit):
    """A pattern that tried anew from every character would be at this for hours."""
    pairs = read_infotext("words\n" + unit * (1_000_000 // len(unit)))
    assert len(pairs) <= MAX_PAIRS + 2
