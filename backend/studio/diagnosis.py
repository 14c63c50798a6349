"""Why a picture is black, for the artist: the first stage that went wrong, and what to try."""

from __future__ import annotations

from backend.engine.soundness import Breakdown, Stage
from backend.events import Diagnosis

_NO_NUMBERS = "gave values that are no numbers (NaN or infinite)"
_HALF = ("bf16", "fp16")
_PRECISE = "Start Atelier with --dtype fp32: some models overflow in {format}."
_DAMAGED = "The file may be damaged: compare its hash in the Models tab with its publisher's."
_OTHER_VAE = "Choose another VAE at the top of the page, such as “Built in”."
_ADVICE: dict[Stage, tuple[str, ...]] = {
    "text encoding": (
        "Leave out LoRAs and textual inversions: one of them may be damaged.",
        _DAMAGED,
    ),
    "picture encoding": (_OTHER_VAE, "Try another picture, or a smaller one."),
    "noise predictor": (
        "Leave out LoRAs and hypernetworks, or give them less weight.",
        "Try a lower guidance scale, or another sampler.",
        _DAMAGED,
    ),
    "VAE": (_OTHER_VAE, _DAMAGED),
    "none": (
        "Choose how the checkpoint predicts in the Models tab: a model of velocity (v) that is "
        "taken for one of noise paints black or noise.",
        _OTHER_VAE,
        "Try other words: a picture of the dark may be black.",
    ),
}


def explain(broken: Breakdown, vae: str, number_format: str) -> Diagnosis:
    """`vae` says which VAE is in use and why; `number_format` is such as "bf16"."""
    advice = _ADVICE[broken.stage]
    if number_format in _HALF and broken.stage != "none":
        advice = (_PRECISE.format(format=number_format), *advice)
    return Diagnosis(cause=_cause(broken), vae=vae, advice=advice)


def _cause(broken: Breakdown) -> str:
    match broken.stage:
        case "text encoding":
            return f"The text encoder {_NO_NUMBERS}, before the first step."
        case "picture encoding":
            return f"The VAE {_NO_NUMBERS} when it encoded the input picture."
        case "noise predictor":
            return f"The noise predictor {_NO_NUMBERS} at step {broken.step}."
        case "VAE":
            return f"The VAE {_NO_NUMBERS} when it decoded the latent, also in fp32."
        case "none":
            return "Every stage gave sound numbers: the picture itself came out black."
