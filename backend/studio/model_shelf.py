"""Models in memory, ready for the engine: loaded once, converted once, kept while there is room.

A checkpoint and a VAE file are kept apart, so changing the VAE touches nothing else.
"""

from __future__ import annotations

import json
from dataclasses import replace

from diffusers import AutoencoderKL

from backend.engine.components import Components, place, place_network
from backend.engine.device import Device, memory
from backend.engine.memory import memory_errors
from backend.library.loading import load_checkpoint, load_vae, numbers_in
from backend.library.model_cache import SHARE_OF_FREE_MEMORY, ModelCache, cache_key
from backend.library.watch import Watch
from backend.models import ModelSpec, VaeSpec

VAE_BUDGET = 1_000_000_000  # bytes: three VAEs of full size in fp32


class ModelShelf:
    """Recently used checkpoints and VAEs on one device; for one thread.

    `budget` bounds the bytes of all kept checkpoints, by default half of what is free now where
    they lie: on a GPU with memory of its own, of that.
    """

    def __init__(
        self, device: Device, budget: int | None = None, vae_budget: int = VAE_BUDGET
    ) -> None:
        self._device = device
        if budget is None and device.device.type == "cuda":
            used, total = memory(device.device)
            budget = int((total - used) * SHARE_OF_FREE_MEMORY)
        self._checkpoints: ModelCache[Components] = ModelCache(_bytes_of_model, budget)
        self._vaes: ModelCache[AutoencoderKL] = ModelCache(_bytes_of, vae_budget)

    def components(
        self, spec: ModelSpec, vae: VaeSpec | None, vae_hash: str, watch: Watch
    ) -> Components:
        """A checkpoint's parts, with the VAE file in place of its own where one is given.

        Raises `ModelError`, `OutOfMemory` and `Stopped`; what was on the shelf stays usable.
        """
        key = cache_key(spec)
        # Room is made by what its weights will take, which a file with EMA copies is a multiple of.
        coming = 0 if self.holds(spec) else numbers_in(spec) * self._device.dtype.itemsize
        model = self._checkpoints.get(key, lambda: self._load(spec, watch), expected=coming)
        if vae is None:
            return model
        config = dict(model.vae.config)
        made = (vae_hash, _settings_in(config))
        return replace(model, vae=self._vaes.get(made, lambda: self._load_vae(vae, config, watch)))

    def holds(self, spec: ModelSpec) -> bool:
        """Whether the checkpoint is here already, so that nothing need be said of loading it."""
        return cache_key(spec) in self._checkpoints

    def _load(self, spec: ModelSpec, watch: Watch) -> Components:
        with memory_errors(f"to load “{spec.name}”; choose a smaller checkpoint"):
            return self._placed(spec, watch)

    def _placed(self, spec: ModelSpec, watch: Watch) -> Components:
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
        dtype = self._device.dtype
        with memory_errors(f"to load the VAE “{vae.name}”; choose the one inside the checkpoint"):
            loaded = load_vae(vae.path, config, dtype=dtype, channels_last=True, watch=watch)
            place_network(loaded, self._device.device, dtype)
        return loaded


def _settings_in(config: dict) -> str:
    """A VAE's whole configuration, of which a loaded one keeps a part, such as its scaling."""
    settings = {name: value for name, value in config.items() if not name.startswith("_")}
    return json.dumps(settings, sort_keys=True, default=str)


def _bytes_of(network) -> int:
    return sum(parameter.nbytes for parameter in network.parameters())


def _bytes_of_model(model: Components) -> int:
    return sum(_bytes_of(part) for part in (model.unet, model.vae, model.text_encoder))
