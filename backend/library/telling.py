"""What one checkpoint is, and why: from a folder's JSON files or a single file's header."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from backend.errors import ModelError
from backend.library.choices import Choices
from backend.library.configs import UNET_SHAPE_KEY, checked, own_configs
from backend.library.families import kind_of, tell_single_file
from backend.library.header import Header, read_header
from backend.library.prediction import Told, tell_prediction
from backend.library.small_files import read_json
from backend.models import ModelSpec, Prediction

PICKLES = (".ckpt", ".pt", ".pth", ".bin")
WEIGHT_NAMES = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors")
_INSIDE = "its configuration is written inside it"
_NATIVE_SIZE: dict[Prediction, int] = {"epsilon": 512, "v_prediction": 768}


@dataclass(frozen=True)
class Finding:
    """A checkpoint and the reasons for what is said of it, each a short phrase.

    `open_choice` tells that no part of it decides how it predicts, so that the artist may.
    """

    spec: ModelSpec
    reasons: dict[str, str] = field(default_factory=dict)
    open_choice: bool = False


def tell(path: Path, sha256: str = "", choices: Choices | None = None) -> Finding:
    """What the checkpoint at a path is; raises `ModelError` saying why it cannot be used.

    `sha256`, where it is known, lets a remembered choice of the artist speak.
    """
    if path.is_dir():
        return _tell_folder(path)
    if path.suffix.lower() in PICKLES:
        raise ModelError(
            f"“{path.name}” is a pickle, a format that can carry programs: convert it to "
            "safetensors, and it can be used."
        )
    return _tell_file(path, sha256, choices or Choices())


def weight_file(path: Path) -> Path:
    """The file whose hash names a checkpoint: itself, or the noise predictor's of a folder."""
    if path.is_file():
        return path
    for name in WEIGHT_NAMES:
        if (path / "unet" / name).is_file():
            return path / "unet" / name
    if not path.exists():
        raise ModelError(f"“{path.name}” is not there any more.")
    raise ModelError(f"“{path.name}” has no unet/{WEIGHT_NAMES[0]}.")


def _tell_folder(path: Path) -> Finding:
    unet = checked("unet", read_json(path / "unet" / "config.json"))
    scheduler = read_json(path / "scheduler" / "scheduler_config.json")
    weight_file(path)
    if unet.get("addition_embed_type") == "text_time":
        raise ModelError(f"“{path.name}” is an SDXL checkpoint; SDXL is not supported yet.")
    prediction = scheduler.get("prediction_type", "epsilon")
    if prediction not in ("epsilon", "v_prediction"):
        raise ModelError(f"“{path.name}” predicts “{str(prediction)[:40]}”; epsilon and v work.")
    try:
        spec = ModelSpec(
            name=path.name,
            path=path,
            family="sd2" if unet["cross_attention_dim"] == 1024 else "sd1",
            kind=kind_of(unet["in_channels"], path.name),
            prediction=prediction,
            native_size=_native_size(unet["sample_size"]),
        )
    except (KeyError, TypeError) as error:
        raise ModelError(f"The unet/config.json of “{path.name}” lacks {error}.") from error
    return Finding(spec, {"all": "its configuration files say so"})


def _native_size(sample_size: object) -> int:
    """The side in pixels of a picture whose latent has that side."""
    if type(sample_size) is not int or not 1 <= sample_size <= 1024:
        raise ModelError("The configuration of the unet has an absurd sample_size.")
    return 8 * sample_size


def _tell_file(path: Path, sha256: str, choices: Choices) -> Finding:
    header = read_header(path)
    family, kind = tell_single_file(header, path.name)
    own = _from_converter(header)
    told, native = own or _from_outside(path, header, sha256, choices)
    spec = ModelSpec(
        name=path.name,
        path=path,
        family=family,
        kind=kind,
        prediction=told.prediction,
        native_size=native,
        sha256=sha256,
    )
    channels = header.shapes[UNET_SHAPE_KEY][1]
    reasons = {
        "family": _INSIDE if own else "the width of the text it takes says so",
        "kind": f"its first convolution takes {channels} channels",
        "prediction": told.reason,
    }
    return Finding(spec, reasons, open_choice=own is None)


def _from_converter(header: Header) -> tuple[Told, int] | None:
    """What this program's converter wrote into a file from its folder's configuration."""
    configs = own_configs(header)
    if configs is None:
        return None
    v = configs.scheduler.get("prediction_type") == "v_prediction"
    told = Told("v_prediction" if v else "epsilon", _INSIDE)
    return told, _native_size(configs.unet.get("sample_size", 64))


def _from_outside(path: Path, header: Header, sha256: str, choices: Choices) -> tuple[Told, int]:
    told = tell_prediction(path, header, sha256, choices)
    return told, _NATIVE_SIZE[told.prediction]
