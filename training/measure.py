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


def edges_kept(found: Tensor, true: Tensor) -> tuple[float, float]:
    """How strong the true edges still are (1: as strong), and the correlation of the two.

    Pictures (n, 3, h, w) in -1..1; an edge is the gradient's length in brightness. The first
    figure falls with blur, the second also where edges stand elsewhere or are made up.
    """
    a, b = (_gradient(x).flatten(1) for x in (found, true))
    kept = ((a * b).sum(1) / (b * b).sum(1)).mean()
    likeness = torch.stack(
        [torch.corrcoef(torch.stack(pair))[0, 1] for pair in zip(a, b, strict=True)]
    )
    return float(kept), float(likeness.nanmean())


def _gradient(x: Tensor) -> Tensor:
    """The length of the brightness's gradient, (n, h - 2, w - 2)."""
    grey = x.mean(1)
    across = grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2]
    down = grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]
    return (across**2 + down**2).sqrt()


def edge_agreement(found: Tensor, source: Tensor) -> float:
    """The mean correlation of where pictures (n, 3, h, w) have edges, a little blurred.

    The square root of the gradients, in windows of 8 pixels, so that a change of light, which
    makes edges weaker or stronger, matters little beside where they are.
    """
    a, b = (F.avg_pool2d(_gradient(x)[:, None].sqrt(), 8, 4).flatten(1) for x in (found, source))
    pairs = zip(a, b, strict=True)
    return float(torch.stack([torch.corrcoef(torch.stack(p))[0, 1] for p in pairs]).mean())
