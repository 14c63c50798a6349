"""What a picture gives before it is painted: its depth, and what of it survives the noise.

Beside the worker, not on its queue: whoever moves a slider does not wait for a picture in progress,
and it does not wait for them. So nothing here touches the models that the worker loads and drops,
but for the VAE of the one in use, which is only read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
from diffusers import AutoencoderKL
from PIL import Image

from backend.engine.canvas import source_of
from backend.engine.components import place_network
from backend.engine.device import Device
from backend.engine.preview import Previewer
from backend.engine.strength_preview import Exposure, expose, surviving
from backend.errors import InvalidRequest
from backend.geometry import latent_size
from backend.library.library import Library
from backend.library.loading import load_own_vae, load_vae, scheduler_config_of
from backend.models import ModelSpec, VaeSpec
from backend.request import GenerationRequest
from backend.studio.depth_files import DepthEstimator
from backend.studio.inputs import InputPictures
from backend.studio.picture_inputs import read_inputs
from backend.studio.preview_files import PreviewFiles
from backend.studio.study_protocol import DepthStudy
from backend.tasks import DepthToImage, ImageToImage, PictureRef

# A preview may take this long to decode; a VAE that would take longer is shown by its linear map.
PATIENCE = 0.3  # seconds


@dataclass(frozen=True, kw_only=True)
class _Optics:
    """A VAE with its ways to be looked at."""

    vae: AutoencoderKL
    previewer: Previewer


class Studies:
    """Looks at one picture at a time; `borrow` gives the VAE in use for hashes, if it is that."""

    def __init__(
        self,
        *,
        library: Library,
        pictures: InputPictures,
        depth: DepthEstimator,
        previews: PreviewFiles,
        device: Device,
        borrow: Callable[[str, str], AutoencoderKL | None],
    ) -> None:
        self._library = library
        self._pictures = pictures
        self._depth = depth
        self._previews = previews
        self._device = device
        self._borrow = borrow
        self._lock = threading.Lock()
        self._optics: tuple[Hashable, _Optics] | None = None
        self._exposure: tuple[Hashable, Exposure] | None = None

    def depth_map(self, picture: PictureRef) -> DepthStudy:
        """See `study_protocol.StudiesLike`; raises `ModelError` where there is no estimator."""
        inputs = read_inputs(DepthToImage(picture=picture), self._pictures, self._depth)
        assert inputs is not None
        assert inputs.depth is not None
        grey = Image.fromarray((inputs.depth * 255).round().astype(np.uint8))
        return DepthStudy(depth=self._pictures.keep_picture(grey), estimator=self._depth.name())

    def strength_preview(self, request: GenerationRequest) -> bytes:
        """See `study_protocol.StudiesLike`."""
        if not isinstance(request.task, ImageToImage):
            raise InvalidRequest("task", "A strength can be looked at only where a picture is.")
        spec = self._library.checkpoint(request.model.checkpoint)
        vae = self._library.vae(spec.name, request.model.vae).vae
        with self._lock:
            optics = self._look_through(spec, vae)
            exposure = self._exposed(optics, request, request.task)
            config = scheduler_config_of(spec)
            latent = surviving(exposure, request, request.task.strength, config, spec.prediction)
            shown = optics.previewer.affordable_preview(latent, PATIENCE)
        return shown

    def _look_through(self, spec: ModelSpec, vae: VaeSpec | None) -> _Optics:
        """The VAE that the request would be painted with, in memory once, previews measured."""
        checkpoint_hash = self._library.hash_of(spec)
        vae_hash = self._library.hash_of_vae(vae) if vae else ""
        key = (checkpoint_hash, vae_hash)
        borrowed = self._borrow(*key)
        if self._optics is None or self._optics[0] != key or _outlived(self._optics[1], borrowed):
            self._optics = self._exposure = None  # its memory is free before the next one loads
            loaded = borrowed or self._load(spec, vae)
            # As the workshop names the same map; of a single file it is the whole file's hash.
            file_hash = vae_hash or f"in-{self._library.hash_of_own_vae(spec)}"
            previewer = self._previews.previewer(loaded, file_hash)
            self._optics = (key, _Optics(vae=loaded, previewer=previewer))
        return self._optics[1]

    def _load(self, spec: ModelSpec, vae: VaeSpec | None) -> AutoencoderKL:
        dtype = self._device.dtype
        loaded = load_own_vae(spec, dtype=dtype)
        if vae is not None:
            loaded = load_vae(vae.path, dict(loaded.config), dtype=dtype)
        place_network(loaded, self._device.device, dtype)
        return loaded

    def _exposed(self, optics: _Optics, request: GenerationRequest, task: ImageToImage) -> Exposure:
        size = (request.width, request.height)
        key = (id(optics.vae), task.picture.sha256, size, task.resize, request.seed)
        if self._exposure is None or self._exposure[0] != key:
            inputs = read_inputs(task, self._pictures, self._depth)
            assert inputs is not None
            source = source_of(inputs.picture, size, task.resize)
            exposure = expose(source, optics.vae, latent_size(*size), request.seed)
            self._exposure = (key, exposure)
        return self._exposure[1]


def _outlived(optics: _Optics, borrowed: AutoencoderKL | None) -> bool:
    """Whether the worker has the same VAE in memory by now, so that a second one is a waste."""
    return borrowed is not None and borrowed is not optics.vae
