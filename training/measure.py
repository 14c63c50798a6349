"""How near one picture is to another."""

import torch
import torch.nn.functional as F
from torch import Tensor


def psnr(a: Tensor, b: Tensor) -> float:
    """Mean peak signal to noise ratio in dB of pictures (n, 3, h, w) in -1..1."""
    error = ((a - b) ** 2).flatten(1).mean(1)
    return float((10 * torch.log10(4 / error)).mean())


def ssim(a: Tensor, b: Tensor) -> float:
    """Mean structural similarity (Wang et al. 2004) of pictures (n, 3, h, w) in -1..1."""
    x, y = (a + 1) / 2, (b + 1) / 2
    mx, my = _blur(x), _blur(y)
    vx, vy = _blur(x * x) - mx * mx, _blur(y * y) - my * my
    both = _blur(x * y) - mx * my
    low, high = 0.01**2, 0.03**2
    value = (2 * mx * my + low) * (2 * both + high)
    return float((value / ((mx * mx + my * my + low) * (vx + vy + high))).mean())


def _blur(x: Tensor) -> Tensor:
    """A Gaussian window of 11 pixels and sigma 1.5, as in the paper."""
    line = torch.exp(-(((torch.arange(11) - 5) / 1.5) ** 2) / 2)
    window = (line[:, None] * line / line.sum() ** 2).expand(3, 1, 11, 11)
    return F.conv2d(x, window.to(x), groups=3)
