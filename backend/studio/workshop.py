"""Makes models ready to paint with: the only place where the library's files meet the engine.

Importing this module imports torch, which takes seconds; the Studio does so in its own thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from transformers import CLIPTokenizer

from backend.engine.components import Components, place
from backend.engine.device import choose_device, memory
from backend.engine.memory import check_fits
from backend.engine.painter import Painter
from backend.engine.prompt import tokens
from backend.errors import AtelierError, ModelError
from backend.library.library import Library
from backend.library.loading import LoadedModel, load_checkpoint, load_tokenizer, load_vae
from backend.models import ModelSpec, VaeSpec
from backend.request import GenerationRequest
from backend.studio.infotext import write_infotext
from backend.studio.preview_files import PreviewFiles
from backend.studio.views import Token, TokenCount
from backend.studio.worker import Picture, StepOutcome

log = logging.getLogger(__name__)

CHUNK_TOKENS = 75
WARM_UP_SIDE = 64  # pixels


@dataclass(frozen=True, kw_only=True)
class _Ready:
    """What is loaded: a checkpoint with one VAE, identified by the files' hashes."""

    model: LoadedModel
    checkpoint_hash: str
    vae: VaeSpec | None
    painter: Painter


class EngineWorkshop:
    """Keeps the model that was used last, and loads another when a request names one.

    A load that fails leaves the previous model in place. Not safe to `prepare` from two threads;
    everything else may be called from any.
    """

    def __init__(self, library: Library, device: str, dtype: str) -> None:
        self._library = library
        self._device = choose_device(device, dtype)
        self._previews = PreviewFiles(library.models / "preview")
        self._ready: _Ready | None = None
        self._tokenizer: CLIPTokenizer | None = None

    @property
    def device_label(self) -> str:
        """What paints, for the artist: "CPU bf16"."""
        return self._device.label

    def memory(self) -> tuple[int, int]:
        """Bytes in use and in all, where the model is."""
        return memory(self._device.device)

    def warm_up(self) -> None:
        """Load the first checkpoint, so that the first picture starts at once; never raises."""
        for spec in self._library.catalogue.checkpoints[:1]:
            try:
                self._tokenizer = load_tokenizer(spec)
                self._make_ready(spec, None, lambda text: None)
            except AtelierError as error:
                log.warning("%s", error)

    def count_tokens(self, prompt: str) -> TokenCount | None:
        """The prompt's tokens by the tokenizer in use; None before there is one."""
        if self._tokenizer is None:
            return None
        found = tokens(prompt, self._tokenizer)
        chunks = found[-1].chunk + 1 if found else 1
        return TokenCount(
            tokens=tuple(Token(text=token.text, chunk=token.chunk) for token in found),
            room=chunks * CHUNK_TOKENS,
        )

    def prepare(self, request: GenerationRequest, report: Callable[[str], None]) -> EngineEasel:
        """Load what the request names unless it is loaded; raises `ModelError`, `OutOfMemory`."""
        spec = self._library.checkpoint(request.model.checkpoint)
        vae = self._library.vae(spec.name, request.model.vae).vae
        checkpoint_hash = self._library.hash_of(spec)
        if request.model.checkpoint_hash not in ("", checkpoint_hash):
            raise ModelError(
                f"“{spec.name}” was exchanged for another file since this picture was asked for; "
                "ask for it again to paint with the new one."
            )
        ready = self._ready
        if ready is None or (ready.checkpoint_hash, ready.vae) != (checkpoint_hash, vae):
            report(f"Loading {spec.name}.")
            ready = self._make_ready(spec, vae, report)
        check_fits(ready.painter.components, request.width, request.height)
        return EngineEasel(ready.painter, checkpoint_hash, self._named(vae))

    def _make_ready(
        self, spec: ModelSpec, vae: VaeSpec | None, report: Callable[[str], None]
    ) -> _Ready:
        checkpoint_hash = self._library.hash_of(spec)
        model = load_checkpoint(spec)
        if vae is not None:
            report(f"Loading {vae.name}.")
            model.vae = load_vae(vae.path, dict(model.vae.config))
        components = Components(
            unet=model.unet,
            vae=model.vae,
            text_encoder=model.text_encoder,
            tokenizer=model.tokenizer,
            scheduler_config=model.scheduler_config,
            prediction=model.prediction,
        )
        placed = place(components, self._device.device, self._device.dtype)
        vae_hash = self._library.hashes.sha256(vae.path) if vae else f"in-{checkpoint_hash}"
        painter = self._previews.painter(placed, vae_hash)
        self._tokenizer = model.tokenizer
        self._ready = _Ready(model=model, checkpoint_hash=checkpoint_hash, vae=vae, painter=painter)
        return self._ready

    def _named(self, vae: VaeSpec | None) -> tuple[str, str] | None:
        return (vae.name, self._library.hashes.sha256(vae.path)) if vae else None


class EngineEasel:
    """A painter with what infotext says about its model."""

    def __init__(self, painter: Painter, checkpoint_hash: str, vae: tuple[str, str] | None) -> None:
        self._painter = painter
        self._checkpoint_hash = checkpoint_hash
        self._vae = vae

    def paint(self, request: GenerationRequest) -> Iterator[StepOutcome | Picture]:
        """See `worker.Easel`."""
        painted = yield from self._steps(request)
        infotext = write_infotext(request, self._checkpoint_hash, self._vae)
        yield Picture(pixels=painted.picture, infotext=infotext, note=painted.note)

    def _steps(self, request: GenerationRequest):
        steps = self._painter.paint(request)
        while True:
            try:
                step = next(steps)
            except StopIteration as finished:
                return finished.value
            yield StepOutcome(
                step=step.step, total=step.total, sigma=step.sigma, preview=step.preview
            )
