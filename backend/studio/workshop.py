"""Makes models ready to paint with: the only place where the library's files meet the engine.

Importing this module imports torch, which takes seconds; the Studio does so in its own thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from diffusers import AutoencoderKL
from transformers import CLIPTokenizer

from backend.engine.components import Components
from backend.engine.device import choose_device, memory
from backend.engine.memory import check_fits, memory_errors
from backend.engine.painter import Painter
from backend.engine.soundness import Breakdown
from backend.errors import AtelierError, ModelError
from backend.events import Diagnosis
from backend.library.library import Library
from backend.library.loading import load_tokenizer
from backend.library.vae_choice import VaeChoice
from backend.library.watch import Watch
from backend.models import ModelSpec, VaeSpec
from backend.request import GenerationRequest
from backend.studio.adapters import Adapters
from backend.studio.depth_files import DepthEstimator
from backend.studio.diagnosis import explain
from backend.studio.easel import EngineEasel
from backend.studio.infotext import write_infotext
from backend.studio.inputs import InputPictures
from backend.studio.load_report import LoadReport
from backend.studio.model_shelf import ModelShelf
from backend.studio.picture_inputs import keep_estimated_depth, read_inputs
from backend.studio.preview_files import PreviewFiles
from backend.studio.studies import Studies
from backend.studio.token_view import token_count
from backend.studio.views import TokenCount
from backend.tasks import TextToImage

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Ready:
    """The painter that was used last, and what it was made for."""

    key: tuple[str, str]
    painter: Painter


class EngineWorkshop:
    """Keeps the model that was used last, and loads another when a request names one.

    A load that fails leaves the previous model in place. Not safe to `prepare` from two threads;
    everything else may be called from any.
    """

    def __init__(
        self,
        library: Library,
        pictures: InputPictures,
        device: str,
        dtype: str,
        cache_bytes: int | None = None,
    ) -> None:
        self._library = library
        self._pictures = pictures
        self._device = choose_device(device, dtype)
        self._shelf = ModelShelf(self._device, cache_bytes)
        self._previews = PreviewFiles(library.models / "preview")
        self._depth = DepthEstimator(library.models, self._device)
        self._adapters = Adapters(library)
        self._ready: _Ready | None = None
        self._tokenizer: CLIPTokenizer | None = None
        self.studies = Studies(
            library=library,
            pictures=pictures,
            depth=self._depth,
            previews=self._previews,
            device=self._device,
            borrow=self._vae_in_use,
        )

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
                self._painter(spec, None, self._library.hash_of(spec), Watch())
            except AtelierError as error:
                log.warning("%s", error)

    def count_tokens(self, prompt: str, steps: int, negative: bool) -> TokenCount | None:
        """The prompt as it is read with the model in use; None before there is a tokenizer."""
        if self._tokenizer is None:
            return None
        outfit = None
        if self._ready is not None:
            prompts = ("", prompt) if negative else (prompt, "")
            outfit = self._adapters.outfit(self._ready.painter.components, *prompts)
        return token_count(prompt, self._tokenizer, steps, outfit)

    def prepare(
        self,
        request: GenerationRequest,
        report: Callable[[str], None],
        stopped: Callable[[], bool],
    ) -> EngineEasel:
        """See `painting.Workshop`; raises `ModelError`, `OutOfMemory` and `Stopped`."""
        spec = self._library.checkpoint(request.model.checkpoint)
        chosen = self._library.vae(spec.name, request.model.vae)
        vae = chosen.vae
        reading = LoadReport(f"Reading {spec.name} for its hash", report)
        checkpoint_hash = self._library.hash_of(spec, Watch(reading, stopped))
        if request.model.checkpoint_hash not in ("", checkpoint_hash):
            raise ModelError(
                f"“{spec.name}” was exchanged for another file since this picture was asked for; "
                "ask for it again to paint with the new one."
            )
        if not self._shelf.holds(spec):
            report(f"Loading {spec.name}.")
        watch = Watch(LoadReport(f"Loading {spec.name}", report), stopped)
        painter = self._painter(spec, vae, checkpoint_hash, watch)
        for width, height in _worked_sizes(request):
            check_fits(painter.components, width, height)
        inputs = read_inputs(request.task, self._pictures, self._depth)
        model = painter.components
        outfit = self._adapters.outfit(model, request.prompt, request.negative_prompt, watch.check)

        def describe(painted: GenerationRequest) -> str:
            used = self._adapters.hashes(outfit)
            return write_infotext(painted, checkpoint_hash, self._named(vae), used)

        if outfit.loras:
            report(f"Putting on {', '.join(outfit.loras)}.")
        with ExitStack() as worn:
            with memory_errors("for these LoRAs beside the model; name fewer"):
                worn.enter_context(outfit.worn(model))
            return EngineEasel(
                painter=painter,
                inputs=inputs,
                depth_map=keep_estimated_depth(request.task, inputs, self._pictures),
                outfit=outfit,
                describe=describe,
                explain=partial(self._explain, chosen),
                worn=worn.pop_all(),
            )

    def _explain(self, chosen: VaeChoice, broken: Breakdown) -> Diagnosis:
        number_format = self._device.label.split()[-1]
        return explain(broken, chosen.reason, number_format)

    def _painter(
        self, spec: ModelSpec, vae: VaeSpec | None, checkpoint_hash: str, watch: Watch
    ) -> Painter:
        """The painter in use where it is for the same files, else another."""
        vae_hash = self._library.hash_of_vae(vae) if vae else ""
        key = (checkpoint_hash, vae_hash)
        components = self._shelf.components(spec, vae, vae_hash, watch)
        ready = self._ready
        if ready is None or ready.key != key or not _same(ready.painter.components, components):
            # Of a single file that is the whole file's hash.
            file_hash = vae_hash or f"in-{self._library.hash_of_own_vae(spec)}"
            painter = self._previews.painter(components, file_hash)
            ready = _Ready(key=key, painter=painter)
        self._tokenizer, self._ready = components.tokenizer, ready
        return ready.painter

    def _vae_in_use(self, checkpoint_hash: str, vae_hash: str) -> AutoencoderKL | None:
        """The VAE of the painter in use where that is for these files."""
        ready = self._ready
        if ready is None or ready.key != (checkpoint_hash, vae_hash):
            return None
        return ready.painter.components.vae

    def _named(self, vae: VaeSpec | None) -> tuple[str, str] | None:
        return (vae.name, self._library.hash_of_vae(vae)) if vae else None


def _worked_sizes(request: GenerationRequest) -> list[tuple[int, int]]:
    """The sizes that go through the VAE; latent resize encodes a picture at its own."""
    sizes = [(request.width, request.height)]
    if not isinstance(request.task, TextToImage) and request.task.resize == "Latent resize":
        sizes.append((request.task.picture.width, request.task.picture.height))
    return sizes


def _same(one: Components, other: Components) -> bool:
    """Whether both are the same networks; a shelf that had to drop a model loads new ones."""
    return one.unet is other.unet and one.vae is other.vae
