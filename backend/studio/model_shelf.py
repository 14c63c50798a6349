"""Models in memory, ready for the engine: loaded once, converted once, kept while there is room.

A checkpoint and a VAE file are kept apart, so changing the VAE touches nothing else.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from diffusers import AutoencoderKL

from backend.engine.components import Components, place, place_network
from backend.engine.device import Device
from backend.library.loading import load_checkpoint, load_vae, numbers_in
from backend.library.model_cache import ModelCache, cache_key
from backend.library.watch import Watch
from backend.models import ModelSpec, VaeSpec

VAE_BUDGET = 1_000_000_000  # bytes: three VAEs of full size in fp32


class ModelShelf:
    """Recently used checkpoints and VAEs on one device; for one thread.

    `budget` bounds the bytes of all kept checkpoints, by default half of what is free now.
    """

    def __init__(
        self, device: Device, budget: int | None = None, vae_budget: int = VAE_BUDGET
    ) -> None:
        self._device = device
        self._checkpoints: ModelCache[Components] = ModelCache(_bytes_of_model, budget)
        self._vaes: ModelCache[AutoencoderKL] = ModelCache(_bytes_of, vae_budget)

    def components(
        self, spec: ModelSpec, vae: VaeSpec | None, vae_hash: str, watch: Watch
    ) -> Components:
        """A checkpoint's parts, with the VAE file in place of its own where one is given.

        Raises `ModelError` and `Stopped`; what was on the shelf stays usable.
        """
        key = cache_key(spec)
        # Room is made by what its weights will take, which a file with EMA copies is a multiple of.
        coming = 0 if self.holds(spec) else numbers_in(spec) * self._device.dtype.itemsize
        model = self._checkpoints.get(key, lambda: self._load(spec, watch), expected=coming)
        if vae is None:
            return model
        config = dict(model.vae.config)
        shape: Hashable = (vae_hash, tuple(config["block_out_channels"]))
        return replace(model, vae=self._vaes.get(shape, lambda: self._load_vae(vae, config, watch)))

    def holds(self, spec: ModelSpec) -> bool:
        """Whether the checkpoint is here already, so that nothing need be said of loading it."""
        return cache_key(spec) in self._checkpoints

    def _load(self, spec: ModelSpec, watch: Watch) -> Components:
        model = load_checkpoint(spec, dtype=self._device.dtype, channels_last=True, watch=watch)
        components = Components(
            unet=model.unet,
            vae=model.vae,
            text_encoder=model.text_encoder,
            tokenizer=model.tokenizer,
            scheduler_config=model.scheduler_config,
            prediction=model.prediction,
        )
        return place(components, self._device.device, self._device.dtype)

    def _load_vae(self, vae: VaeSpec, config: dict, watch: Watch) -> AutoencoderKL:
        loaded = load_vae(
            vae.path, config, dtype=self._device.dtype, channels_last=True, watch=watch
        )
        place_network(loaded, self._device.device, self._device.dtype)
        return loaded


def _bytes_of(network) -> int:
    return sum(parameter.nbytes for parameter in network.parameters())


def _bytes_of_model(model: Components) -> int:
    return sum(_bytes_of(part) for part in (model.unet, model.vae, model.text_encoder))
