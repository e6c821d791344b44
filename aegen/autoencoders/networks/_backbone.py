"""The convolutional halves that the architectures share.

Four-by-four kernels with stride two halve (or double) the image at each step, as in the networks
of arXiv 1906.05423 and 2309.09916 for 32 x 32 pictures. Theirs put batch normalisation and a ReLU
behind the last decoder layer too, so that after the sigmoid no pixel falls below one half; here
the last layer is plain.
"""

from __future__ import annotations

import itertools
from typing import Annotated

from torch import Tensor, nn
from torch.nn import functional

from aegen.autoencoders.networks._halvings import Pair, halved
from aegen.autoencoders.networks._size import Size, sides
from aegen.core.parameters import Field

__all__ = ["Channels", "Decoder", "Encoder", "LatentDim", "padded"]

Channels = Annotated[int, Field("Colour channels of a picture", low=1, high=4)]
LatentDim = Annotated[int, Field("Dimensions of a code", low=1, high=1024)]


def padded(x: Tensor, padding: Pair) -> Tensor:
    """Images (n, c, h, w) with more rows and columns of zeros, half at each end."""
    (top, left), (down, across) = (k // 2 for k in padding), padding
    return functional.pad(x, (left, across - left, top, down - top))


class Encoder(nn.Module):
    """Images (n, c, h, w) to ``outputs`` numbers each."""

    def __init__(self, channels: int, size: Size, widths: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        plan = halved(size, len(widths))
        self.padding = plan.padding
        layers: list[nn.Module] = []
        pairs = zip((channels, *widths[:-1]), widths, strict=True)
        for (before, after), kernel, stride in zip(pairs, plan.kernels, plan.strides, strict=True):
            halving = nn.Conv2d(before, after, kernel, stride, 1, bias=False)
            layers += [halving, nn.BatchNorm2d(after), nn.ReLU()]
        self.convolutions = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1] * plan.inner[0] * plan.inner[1], outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Numbers (n, outputs) of images (n, c, h, w)."""
        out: Tensor = self.head(self.convolutions(padded(x, self.padding)).flatten(1))
        return out


class Decoder(nn.Module):
    """Codes (n, d) to images (n, c, h, w), before the sigmoid."""

    def __init__(
        self, channels: int, size: Size, widths: tuple[int, ...], latent_dim: int
    ) -> None:
        super().__init__()
        plan = halved(size, len(widths))
        self.size, self.padding = sides(size), plan.padding
        self.start = (widths[-1], *plan.inner)
        self.head = nn.Linear(latent_dim, widths[-1] * plan.inner[0] * plan.inner[1])
        layers: list[nn.Module] = [nn.BatchNorm2d(widths[-1]), nn.ReLU()]
        kernels, strides = plan.kernels[::-1], plan.strides[::-1]
        pairs = itertools.pairwise(widths[::-1])
        for (before, after), kernel, stride in zip(pairs, kernels, strides, strict=False):
            doubling = nn.ConvTranspose2d(before, after, kernel, stride, 1, bias=False)
            layers += [doubling, nn.BatchNorm2d(after), nn.ReLU()]
        layers.append(nn.ConvTranspose2d(widths[0], channels, kernels[-1], strides[-1], 1))
        self.convolutions = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        """Logits (n, c, h, w) of codes (n, d)."""
        x: Tensor = self.convolutions(self.head(z).unflatten(1, self.start))
        (top, left), (h, w) = (k // 2 for k in self.padding), self.size
        return x[..., top : top + h, left : left + w]
