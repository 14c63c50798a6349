"""A starting point for the VAE: the best linear autoencoder, laid into its convolutions.

The encoder's path projects each 8x8 patch on its four principal components, through the three
strided convolutions, whose residual blocks begin as identities. The decoder's path is found by
least squares, one doubling of the resolution at a time. Beginning there saves the minutes that
random weights spend finding out that a picture's colours should come back at all.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LATENTS = 4
# A constant beside the signal holds the statistics of a group normalisation still, and a signal
# carried twice, as x and -x, passes SiLU unchanged: silu(x) - silu(-x) = x.
_ANCHOR = 4.0


def lay_linear_path(vae: Any, pictures: Tensor) -> None:
    """Set the weights of an AutoencoderKL, in place, from pictures (n, 3, h, w) in -1..1.

    It needs four widths, the first at least 12, the last two of encoder and decoder unlike.
    """
    _silence_residuals(vae)
    bases = _bases(pictures)
    _lay_encoder(vae, bases)
    _lay_decoder(vae, _features(pictures, bases))
    _pass_through(vae.quant_conv, 2 * LATENTS)
    _pass_through(vae.post_quant_conv, LATENTS)


def _silence_residuals(vae: Any) -> None:
    """Make each residual block an identity (or the widening or narrowing nearest to one)."""
    module: Any
    for module in vae.modules():
        if hasattr(module, "conv_shortcut"):
            nn.init.zeros_(module.conv2.weight)
            nn.init.zeros_(module.conv2.bias)
            if module.conv_shortcut is not None:
                _pass_through(module.conv_shortcut, min(module.conv_shortcut.weight.shape[:2]))


def _pass_through(conv: Any, channels: int) -> None:
    nn.init.zeros_(conv.weight)
    nn.init.zeros_(conv.bias)
    with torch.no_grad():
        for c in range(channels):
            conv.weight[c, c, 0, 0] = 1


def _patches(x: Tensor, size: int) -> Tensor:
    """Non-overlapping patches as channels: (n, c, h, w) -> (n, c * size * size, h/size, w/size)."""
    return F.pixel_unshuffle(x, size)


def _bases(pictures: Tensor) -> list[Tensor]:
    """The maps of each halving, (out, 4 * in): together they are the PCA of 8x8 patches.

    The four components cut into quarters span at most 16 directions of a 4x4 patch, so that
    nothing is lost by carrying only those.
    """
    patches = _patches(pictures, 8).movedim(1, -1).reshape(-1, 192)
    power, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    # Small beside the anchors, so that the normalisation hardly depends on the picture.
    components = 0.5 * (vectors * power.clamp(min=1e-12) ** -0.5)[:, -LATENTS:].T
    whole = components.reshape(LATENTS, 3, 8, 8)
    quarters = whole.reshape(LATENTS, 3, 2, 4, 2, 4).permute(0, 2, 4, 1, 3, 5).reshape(-1, 48)
    span = torch.linalg.svd(quarters)[2][:16]
    # pixel_unshuffle orders channels as (channel, row, column); two halvings as
    # ((channel, inner row, inner column), outer row, outer column).
    middle = span.reshape(16, 3, 2, 2, 2, 2).permute(0, 1, 3, 5, 2, 4).reshape(16, 48)
    weights = (quarters @ span.T).reshape(LATENTS, 2, 2, 16).permute(0, 3, 1, 2)
    return [torch.eye(12), middle, weights.reshape(LATENTS, 64)]


def _features(pictures: Tensor, bases: list[Tensor]) -> list[Tensor]:
    """The signal at each resolution, from the picture itself to the four components."""
    features = [pictures]
    for basis in bases:
        stacked = _patches(features[-1], 2)
        features.append(torch.einsum("oc,nchw->nohw", basis, stacked))
    return features


def _lay_encoder(vae: Any, bases: list[Tensor]) -> None:
    encoder = vae.encoder
    _lay(encoder.conv_in, torch.eye(3)[:, :, None, None], at=1)
    downs = [block.downsamplers[0].conv for block in encoder.down_blocks if block.downsamplers]
    for conv, basis in zip(downs, bases, strict=True):
        signed = _grouped(basis) if conv is downs[-1] else basis
        _lay(conv, signed.reshape(len(signed), -1, 2, 2), at=0)
    shortcut = encoder.down_blocks[-1].resnets[0].conv_shortcut
    channels = _anchor(downs[-1], shortcut, encoder.conv_norm_out)
    # The second half of the outputs is the logarithm of the variance: nearly none.
    _lay_head(encoder.conv_out, encoder.conv_norm_out, channels, LATENTS)
    nn.init.constant_(encoder.conv_out.bias[LATENTS:], -8.0)


def _lay_decoder(vae: Any, features: list[Tensor]) -> None:
    """Predict each finer signal from the coarser one by least squares over 3x3 neighbours."""
    decoder = vae.decoder
    _lay(decoder.conv_in, torch.eye(LATENTS)[:, :, None, None], at=1)
    ups = [block.upsamplers[0].conv for block in decoder.up_blocks if block.upsamplers]
    present = features[-1]
    for conv, target in zip(ups, reversed(features[:-1]), strict=True):
        present = F.interpolate(present, scale_factor=2.0, mode="nearest")
        weight = _least_squares(present, target)
        present = F.conv2d(present, weight, padding=1)
        signed = _grouped(weight) if conv is ups[-1] else weight
        _lay(conv, signed, at=0)
    shortcut = decoder.up_blocks[-1].resnets[0].conv_shortcut
    channels = _anchor(ups[-1], shortcut, decoder.conv_norm_out)
    _lay_head(decoder.conv_out, decoder.conv_norm_out, channels, 3)


def _least_squares(source: Tensor, target: Tensor) -> Tensor:
    """The 3x3 convolution (out, in, 3, 3) that brings source (n, in, h, w) nearest to target."""
    columns = F.unfold(source, 3, padding=1).movedim(1, -1).reshape(-1, source.shape[1] * 9)
    wanted = target.movedim(1, -1).reshape(-1, target.shape[1])
    gram = columns.T @ columns + 1e-4 * len(columns) * torch.eye(columns.shape[1])
    solved = torch.linalg.solve(gram, columns.T @ wanted)
    return solved.T.reshape(target.shape[1], source.shape[1], 3, 3)


def _grouped(weight: Tensor) -> Tensor:
    """Each output followed by its negative: (o, ...) -> (2 * o, ...)."""
    return torch.stack([weight, -weight], 1).flatten(0, 1)


def _lay(conv: Any, weight: Tensor, at: int) -> None:
    """Put a small kernel at this row and column of a convolution's first channels, the rest 0."""
    nn.init.zeros_(conv.weight)
    nn.init.zeros_(conv.bias)
    out, into, high, wide = weight.shape
    with torch.no_grad():
        conv.weight[:out, :into, at : at + high, at : at + wide] = weight


def _anchor(conv: Any, shortcut: Any, norm: nn.GroupNorm) -> list[int]:
    """Give each pair x, -x of `conv` a group of its own, with constants; returns where each x is.

    The constants come from the bias of the `shortcut` into the last block, which has the
    channels that are normalised.
    """
    size = norm.num_channels // norm.num_groups
    with torch.no_grad():
        pairs = conv.weight.clone()
        conv.weight.zero_()
        for group in range(norm.num_groups):
            first = group * size
            if pairs[2 * group].any():
                conv.weight[first : first + 2] = pairs[2 * group : 2 * group + 2]
            shortcut.bias[first + 2], shortcut.bias[first + 3] = _ANCHOR, -_ANCHOR
    return [group * size for group in range(norm.num_groups)]


def _lay_head(conv: Any, norm: nn.GroupNorm, channels: list[int], outputs: int) -> None:
    """Undo the normalisation's scale and join the pairs after SiLU."""
    size = norm.num_channels // norm.num_groups
    spread = _ANCHOR * (2 / size) ** 0.5
    nn.init.zeros_(conv.weight)
    nn.init.zeros_(conv.bias)
    with torch.no_grad():
        for out, channel in zip(range(outputs), channels, strict=False):
            conv.weight[out, channel, 1, 1] = spread
            conv.weight[out, channel + 1, 1, 1] = -spread
