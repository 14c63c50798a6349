"""Paint with the bundled models through Atelier's own engine, for measuring what it does."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from backend.engine.components import Components, place
from backend.engine.device import choose_device
from backend.engine.inputs import Inputs
from backend.engine.painter import Painter
from backend.library.choices import Choices
from backend.library.loading import load_checkpoint
from backend.library.telling import tell
from backend.request import GenerationRequest, ModelChoice
from backend.tasks import PictureRef, Task, TextToImage

# The engine is handed pixels, so what a task names them by does not matter.
ANY = PictureRef(sha256="0" * 64, width=1, height=1)


class Easel:
    """One checkpoint on the device that this machine paints fastest with."""

    def __init__(self, folder: Path) -> None:
        spec = tell(folder, "", Choices()).spec
        device = choose_device()
        loaded = load_checkpoint(spec, dtype=device.dtype)
        components = Components(
            unet=loaded.unet, vae=loaded.vae, text_encoder=loaded.text_encoder,
            tokenizer=loaded.tokenizer, scheduler_config=loaded.scheduler_config,
            prediction=loaded.prediction,
        )  # fmt: skip
        self.side = spec.native_size
        self._painter = Painter(place(components, device.device, device.dtype))

    def paint(
        self,
        prompt: str,
        seed: int,
        task: Task | None = None,
        inputs: Inputs | None = None,
        **changes: Any,
    ) -> np.ndarray:
        """A picture uint8 (side, side, 3) at the model's own size, as the page's first settings."""
        request = GenerationRequest(
            prompt=prompt, seed=seed, width=self.side, height=self.side, preview="Off",
            model=ModelChoice(checkpoint="bundled"), task=task or TextToImage(),
            **{"steps": 20, "cfg_scale": 4.0, "sampler": "DPM++ 2M", **changes},
        )  # fmt: skip
        with torch.inference_mode():
            painting = self._painter.paint(request, inputs)
            while True:
                try:
                    next(painting)
                except StopIteration as end:
                    return end.value.picture
