"""What can go wrong, as one tree; each message is one sentence that an artist can act on.

AtelierError
├── InvalidRequest      the request itself (names the field)
├── BadPicture          an input picture, mask or depth map that cannot be worked with
├── ModelError          a checkpoint or VAE file is missing, broken or of another kind
├── OutOfMemory         the picture does not fit beside the model
├── EngineStarting      the painting engine is not ready yet
├── StorageError        a finished picture could not be written
└── Stopped             the artist pressed Stop; not a fault
"""

from __future__ import annotations


class AtelierError(Exception):
    """Base of every error whose message is fit to be shown in the page and the API."""


class InvalidRequest(AtelierError):
    """A value of a request is outside what can be painted.

    `field` is the name of the `GenerationRequest` attribute at fault.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class BadPicture(AtelierError):
    """A file that is no picture, or one that cannot be worked with."""


class ModelError(AtelierError):
    """A model file is missing, unreadable, or not what it is asked to be.

    `passing` says that the same file may be read another time: the machine was short of something.
    """

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class OutOfMemory(AtelierError):
    """The device ran out of memory; the model stays loaded."""


class EngineStarting(AtelierError):
    """The painting engine warms up; the same question can be asked again once it is ready."""


class StorageError(AtelierError):
    """A picture could not be written to the outputs folder."""


class Stopped(AtelierError):
    """The job was asked to stop; raised inside the denoising loop, between two steps."""
