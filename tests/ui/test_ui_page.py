"""The page as it is built: what it shows, remembers and keeps to itself."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import gradio as gr
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from backend.studio.views import NamedAdapter, Token, TokenCount, TokenStage
from tests.ui.fake_studio import FakeStudio
from ui.controls import EXAMPLE_PROMPT, aspect_of
from ui.help import HELP
from ui.model_bar import build_model_bar, listed, model_choice, native_size_of, vae_reason
from ui.page import build_page, mount_page
from ui.task_tab import kept_values, restored
from ui.text_to_image import build_text_to_image
from ui.theme import ASSETS, build_head
from ui.tokens import MAX_CHIPS, tokens_value


def test_the_page_is_built_without_the_engine():
    program = (
        "import sys, ui.page; "
        "print([name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "[]", result.stderr


def test_the_first_visit_has_a_prompt_ready(studio: FakeStudio):
    config = build_page(studio).blocks.get_config_file()
    values = [c["props"].get("value") for c in config["components"]]
    assert EXAMPLE_PROMPT in values


def test_only_the_named_endpoints_are_public(studio: FakeStudio):
    config = build_page(studio).blocks.get_config_file()
    public = [d["api_name"] for d in config["dependencies"] if d["api_visibility"] == "public"]
    assert public == ["text_to_image", "image_to_image", "inpaint", "depth_to_image"]


def test_every_control_has_a_help_text(studio: FakeStudio):
    config = build_page(studio).blocks.get_config_file()
    ids = [c["props"].get("elem_id") or "" for c in config["components"]]
    kinds = {"textbox", "number", "slider", "dropdown", "radio", "button"}
    for component, elem_id in zip(config["components"], ids, strict=True):
        if component["type"] in kinds:
            assert elem_id.partition("--")[2] in HELP, (component["type"], elem_id)
    assert {elem_id.partition("--")[2] for elem_id in ids} >= set(HELP)


def test_names_of_models_are_in_no_template(studio: FakeStudio):
    hostile = studio.checkpoints()[1].name
    for component in build_page(studio).blocks.get_config_file()["components"]:
        props = component["props"]
        for part in ("html_template", "css_template", "js_on_load"):
            assert hostile not in (props.get(part) or "")


def test_templates_hold_no_place_for_values():
    for template in ASSETS.glob("*.html"):
        assert not re.search(r"\$\{|\{\{|`", template.read_text(encoding="utf-8")), template


def test_scripts_write_no_markup():
    for script in ASSETS.glob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text)


def test_help_texts_cannot_end_the_script_element():
    assert build_head().count("</script>") == 1


def test_the_page_answers_where_it_is_mounted(studio: FakeStudio):
    with TestClient(mount_page(FastAPI(), studio)) as client:
        assert client.get("/").status_code == 200
        assert client.get("/atelier/state").json()["phase"] == "ready"


def count_of(*tokens: Token, when: str = "") -> TokenCount:
    chunks = max((token.chunk for token in tokens), default=0) + 1
    return TokenCount(stages=(TokenStage(tokens=tokens, room=75 * chunks, when=when),))


def test_tokens_are_data_and_never_markup():
    hostile = ("<script>alert(1)</script>", "${alert(1)}", "{{value}}", "\0", "🎈 ")
    value = tokens_value(count_of(*(Token(text=text, chunk=0) for text in hostile)))
    chips = [[text, 0, 1.0, 1, False] for text in hostile]
    assert value["label"] == "5/75"
    assert value["stages"] == [{"when": "", "chips": chips}]
    assert value["more"] == 0


def test_tokens_while_the_tokenizer_is_not_there():
    assert tokens_value(None)["label"] == "…/75"


def test_a_very_long_prompt_shows_its_first_tokens():
    value = tokens_value(count_of(*(Token(text="w ", chunk=i // 75) for i in range(10_000))))
    assert value["label"] == "10000/10050"
    assert len(value["stages"][0]["chips"]) == MAX_CHIPS
    assert value["more"] == 10_000 - MAX_CHIPS


def test_the_longest_stage_is_counted_and_all_are_shown():
    short = TokenStage(tokens=(Token(text="a", chunk=0),), room=75, when="step 1")
    learned = Token(text="gouache", chunk=0, size=8, learned=True, weight=1.2000000001)
    long = TokenStage(tokens=(learned,), room=75, when="steps 2 to 9")
    value = tokens_value(TokenCount(stages=(short, long)))
    assert value["label"] == "8/75"
    assert [stage["when"] for stage in value["stages"]] == ["step 1", "steps 2 to 9"]
    assert value["stages"][1]["chips"] == [["gouache", 0, 1.2, 8, True]]


def test_what_is_named_is_shown_with_what_is_wrong():
    gone = {"kind": "LoRA", "strength": 1.0, "works": False, "problem": "There is none."}
    named = tuple(NamedAdapter(name=name, **gone) for name in ("x", "y"))
    value = tokens_value(replace(count_of(), adapters=named))
    assert [(each["name"], each["works"]) for each in value["adapters"]] == [("x", 0), ("y", 0)]
    assert value["problems"] == ["There is none."]


@pytest.mark.parametrize(
    ("width", "height", "aspect"),
    [
        (512, 512, "1:1"),
        (624, 416, "3:2"),
        (416, 624, "2:3"),
        (680, 384, "16:9"),
        (456, 576, "4:5"),
        (512, 200, None),
        (None, 512, None),
        (0, 0, None),
        (-512, -512, None),
    ],
)
def test_a_size_shows_its_aspect(width, height, aspect):
    assert aspect_of(width, height) == aspect


def test_a_choice_that_is_gone_falls_back_to_the_first(studio: FakeStudio):
    checkpoints, vaes, size = listed(studio, "deleted", "also deleted")
    assert (checkpoints["value"], vaes["value"], size) == ("storybook", "Automatic", 512)
    tiny = studio.checkpoints()[1].name
    assert listed(studio, tiny, "ft-mse")[0]["value"] == tiny


def test_a_request_carries_its_checkpoint_s_hash(studio: FakeStudio):
    chosen = model_choice(studio, "storybook", "Built in")
    assert chosen.checkpoint_hash == studio.checkpoints()[0].sha256
    assert native_size_of(studio, None) == 512


def test_no_checkpoint_at_all_says_what_to_do(studio: FakeStudio):
    assert "models/checkpoints" in vae_reason(studio, None, None)


def test_settings_come_back_and_odd_ones_do_not(studio: FakeStudio):
    with gr.Blocks() as page:
        tab = build_text_to_image(studio, build_model_bar(studio, page))
    names = list(tab.fields)
    kept = {"prompt": "mine", "steps": 7, "sampler": "No longer there", "width": "wide"}
    updates = dict(zip(names, restored(tab, kept), strict=True))
    assert updates["prompt"]["value"] == "mine"
    assert updates["steps"]["value"] == 7
    assert "value" not in updates["sampler"]
    assert "value" not in updates["width"]
    assert dict(zip(names, kept_values(tab, kept), strict=True)) == {
        **{name: widget.value for name, widget in tab.fields.items()},
        "prompt": "mine",
        "steps": 7,
    }
    assert kept_values(tab, "not settings") == [widget.value for widget in tab.fields.values()]
