"""What of a picture is kept while the rest is painted: put back after each evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from backend.engine.samplers import Evaluation, Scheduler


@dataclass(frozen=True, kw_only=True)
class Keep:
    """A picture's latent with a mask; on a base checkpoint this is what makes inpainting.

    With a mask of 0 and 1 it is the arithmetic of diffusers' `StableDiffusionInpaintPipeline`.
    Values between give each cell its own share of the strength: it is painted in the last steps
    only, as many as its share (Levin and Fried 2023, arXiv 2306.00950, "Differential Diffusion").
    """

    # (1, 4, height / 8, width / 8), deviation about 1
    clean: torch.Tensor
    # the same shape, deviation 1: the noise that the start was made with
    noise: torch.Tensor
    # (1, 1, height / 8, width / 8): 1 repaints, 0 keeps
    mask: torch.Tensor

    def put_back(
        self, latent: torch.Tensor, scheduler: Scheduler, following: Evaluation | None, total: int
    ) -> torch.Tensor:
        """`latent` with the kept cells at the noise level of `following`, of `total` steps.

        None follows the last evaluation: the kept cells become the picture's own.
        """
        begun = (following.step if following else total) - 1
        painted = self._painted(begun / total)
        kept = self.clean if following is None else self._noised(scheduler, following)
        return (1 - painted) * kept + painted * latent

    def _painted(self, progress: float) -> torch.Tensor:
        """1 for the cells that are painted after a share of the steps has been taken."""
        return (self.mask >= 1 - progress).to(self.mask.dtype)

    def _noised(self, scheduler: Scheduler, following: Evaluation) -> torch.Tensor:
        return scheduler.add_noise(self.clean, self.noise, following.timestep.reshape(1))
