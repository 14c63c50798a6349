"""One picture from words, or from words and a picture, in the order in which it comes about."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass

import torch
from diffusers import AutoencoderTiny

from backend.engine.canvas import Canvas, canvas_for
from backend.engine.components import Components
from backend.engine.conditioning import conditioning
from backend.engine.decode import Picture, decode
from backend.engine.denoise import denoise
from backend.engine.device import synchronize
from backend.engine.fitted_map import FittedMap, fit
from backend.engine.guidance import GuidedPredictor
from backend.engine.inputs import Inputs
from backend.engine.kinds import check_kind
from backend.engine.learned_words import WordFinder
from backend.engine.memory import memory_errors
from backend.engine.moment import Moment
from backend.engine.noise import seeded
from backend.engine.preview import previewer_for
from backend.engine.samplers import build_scheduler, set_steps
from backend.engine.soundness import Breakdown, FirstFault
from backend.engine.start import Setting
from backend.engine.starts import start_for
from backend.engine.text_encoding import TextEncoder
from backend.geometry import latent_size
from backend.request import GenerationRequest


@dataclass(frozen=True, kw_only=True)
class PaintStep:
    """A step is done; `step` from 1 to `total`."""

    step: int
    total: int
    # noise level that the step saw: deviation of the noise over the strength of the picture
    sigma: float
    # predicted clean latent, (1, 4, height / 8, width / 8), deviation about 1
    clean: torch.Tensor
    # JPEG of it, or None with previews off
    preview: bytes | None
    # what `paint` goes on from
    moment: Moment


@dataclass(frozen=True, kw_only=True)
class Painted:
    """A finished picture.

    `picture` is (height, width, 3), red green blue, 0 to 255: of the request's size, but where only
    the masked area of a picture was painted, of that picture's. `note` is a sentence about it, or
    "".
    """

    picture: Picture
    # what was decoded, (1, 4, height / 8, width / 8)
    latent: torch.Tensor
    note: str = ""
    # why the picture is black, where it is
    broken: Breakdown | None = None


class Painter:
    """Paints with one loaded model; keeps nothing from one picture to the next.

    `fitted_map` is the linear preview of the components' VAE; without one it is fitted here, which
    takes seconds. The caller may keep `self.fitted_map` for the next time.
    """

    def __init__(
        self,
        components: Components,
        taesd: AutoencoderTiny | None = None,
        fitted_map: FittedMap | None = None,
    ) -> None:
        self.components = components
        self.fitted_map = fitted_map or fit(components.vae)
        self._previewer = previewer_for(components.vae, taesd, self.fitted_map)

    @torch.inference_mode()
    def paint(
        self,
        request: GenerationRequest,
        inputs: Inputs | None = None,
        resumed: Moment | None = None,
        words: WordFinder | None = None,
    ) -> Generator[PaintStep, None, Painted]:
        """Paint one picture (`request.batch_size` is not looked at), yielding each step.

        `inputs` are the pixels that `request.task` names; text to image has none. The steps are
        those that run at the task's strength (`geometry.steps_run`), which may be none. `resumed`
        is a step's moment of the same request on the same model, device and number format: the
        rest is painted from there, and the picture is the same bit for bit. `words` are the learned
        words that prompts may call; other adapters are on the model already.
        The generator returns the `Painted`. Closing it stops the work: nothing is decoded after.
        A step whose numbers are not finite is the last one: nothing could come of the others.
        Raises `InvalidRequest` where the task, sampler and schedule or clip skip do not go with
        the model and for an empty mask, `OutOfMemory` where the picture does not fit.
        """
        size = f"{request.width} x {request.height} pixels"
        with memory_errors(f"for {size} beside the model; choose a smaller size"):
            check_kind(request.task, self.components)
            canvas = canvas_for(request, inputs)
            fault = FirstFault()
            latent = yield from self._paint_latent(request, canvas, words, resumed, fault)
            # 4. The VAE decodes the latent.
            decoded = decode(latent, self.components.vae)
        picture = canvas.finish(decoded.picture) if canvas else decoded.picture
        broken = fault.found or decoded.fault
        return Painted(picture=picture, latent=latent, note=decoded.note, broken=broken)

    def _paint_latent(
        self,
        request: GenerationRequest,
        canvas: Canvas | None,
        words: WordFinder | None,
        resumed: Moment | None,
        fault: FirstFault,
    ) -> Generator[PaintStep, None, torch.Tensor]:
        model = self.components
        scheduler = build_scheduler(
            request.sampler, request.schedule, model.scheduler_config, model.prediction
        )
        set_steps(scheduler, request.steps)
        said = conditioning(
            TextEncoder(model, request.clip_skip, words, fault),
            request.prompt,
            request.negative_prompt,
            request.steps,
        )

        # 1. A random latent, fixed by the seed; or an encoded picture with noise added to it.
        source = seeded(request.seed)
        setting = Setting(
            model=model,
            scheduler=scheduler,
            source=source,
            size=latent_size(request.width, request.height),
            steps=request.steps,
        )
        start = start_for(request.task, setting, canvas)
        fault.look(start.latent, "picture encoding")
        if start.channels is not None:
            fault.look(start.channels, "picture encoding")

        # 2. The noise predictor looks at the latent and the words and predicts the noise.
        predict = GuidedPredictor(model.unet, said, request.cfg_scale)

        # 3. A part of that noise is subtracted; 2 and 3 repeat for all steps.
        steps = denoise(predict, scheduler, start, source, resumed)
        return (yield from self._with_previews(steps, request.preview, fault))

    def _with_previews(
        self, steps, method: str, fault: FirstFault
    ) -> Generator[PaintStep, None, torch.Tensor]:
        # The shortest step so far: the first one builds kernels, and a step that something else
        # slowed down must not change the look of the previews in mid-picture.
        step_seconds = float("inf")
        while True:
            started = time.perf_counter()
            try:
                step = next(steps)
            except StopIteration as finished:
                return finished.value
            synchronize(self.components.device)
            step_seconds = min(step_seconds, time.perf_counter() - started)
            fault.look(step.clean, "noise predictor", step.index)
            yield PaintStep(
                step=step.index,
                total=step.total,
                sigma=step.sigma,
                clean=step.clean,
                preview=self._previewer.preview(step.clean, method, step_seconds),
                moment=step.moment,
            )
            if fault.found:  # nothing can come of it any more
                steps.close()
                return step.clean
