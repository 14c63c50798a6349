"""What happens to a job, in the order it happens; the page and the API read nothing else.

A job's events are: `Queued`, then any number of `Waiting`, `Started`, for each picture its
`StepDone`s and one `ImageSaved` or `Skipped`, and at the end exactly one of `Finished`,
`Cancelled`, `Failed`. A job that the program's end had broken off begins anew with `Queued`: the
pictures that it had finished come first, and the steps go on from the last one kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Queued:
    """The job waits its turn; `position` is the number of jobs before it (0: it is next)."""

    position: int


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The job has its turn but something must be made ready first; `reason` is a sentence."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Started:
    """The first picture is being painted; `steps` are the steps of one picture."""

    steps: int
    pictures: int


@dataclass(frozen=True, kw_only=True)
class StepDone:
    """One denoising step is done.

    `picture` counts from 0, `step` from 1 to `total`. `eta` is the estimated time in seconds until
    the whole job is done. `preview` is a JPEG of the predicted clean latent, or None when previews
    are off. `sigma` is the noise level before the step (in units of the latent's deviation).
    """

    picture: int
    step: int
    total: int
    eta: float
    sigma: float
    preview: bytes | None = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Why a picture is black: what went wrong first, the VAE in use, and what to try, in words."""

    cause: str
    vae: str
    advice: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ImageSaved:
    """Picture `picture` is finished and on disk; `note` is a sentence about it, or empty.

    `path` is None where it could not be written; `png` holds the complete file in any case.
    `diagnosis` is there where the picture is black.
    """

    picture: int
    path: Path | None
    seed: int
    infotext: str
    width: int
    height: int
    note: str = ""
    diagnosis: Diagnosis | None = None
    png: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """The artist went on to the next picture of the batch; nothing was decoded of this one.

    `step` is the last one done.
    """

    picture: int
    step: int


@dataclass(frozen=True, kw_only=True)
class Finished:
    """All pictures are painted; `seconds` from `Started` to here."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """The artist stopped the job; nothing was decoded after it. `step` is the last one done."""

    picture: int
    step: int


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The job ended with an error; `error` is one sentence for the artist.

    `kind` is the class of the error (see `errors`), or empty where it is a fault of the program;
    `field` the request's attribute at fault, or empty.
    """

    error: str
    kind: str = ""
    field: str = ""


Event = Queued | Waiting | Started | StepDone | ImageSaved | Skipped | Finished | Cancelled | Failed
END_EVENTS = (Finished, Cancelled, Failed)
