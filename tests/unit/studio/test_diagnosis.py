"""Why a picture is black, in sentences."""

from __future__ import annotations

import re

import pytest

from backend.engine.soundness import Breakdown
from backend.studio.diagnosis import explain


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        (Breakdown(stage="text encoding"), "The text encoder gave"),
        (Breakdown(stage="picture encoding"), "when it encoded the input picture"),
        (Breakdown(stage="noise predictor", step=7), "at step 7"),
        (Breakdown(stage="VAE"), "The VAE gave .* also in fp32"),
        (Breakdown(stage="none"), "the picture itself came out black"),
    ],
)
def test_every_stage_has_a_cause_the_vae_and_something_to_try(broken, cause):
    told = explain(broken, "Chosen by name.", "fp32")
    assert re.search(cause, told.cause)
    assert told.vae == "Chosen by name."
    assert told.advice


def test_half_precision_is_suspected_first_and_fp32_never():
    broken = Breakdown(stage="noise predictor", step=1)
    assert "--dtype fp32" in explain(broken, "", "bf16").advice[0]
    assert not any("--dtype" in each for each in explain(broken, "", "fp32").advice)
