"""The convolutional halves that the architectures share.

Four-by-four kernels with stride two halve (or double) the image at each step, as in the networks
of arXiv 1906.05423 and 2309.09916 for 32 x 32 pictures. Theirs put batch normalisation and a ReLU
behind the last decoder layer too, so that after the sigmoid no pixel falls below one half; here
the last layer is plain.

A picture that is not square has its longer side halved first, by itself, until both sides need as
many halvings; a side that a step leaves alone has a kernel of three there.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from torch import Tensor, nn
from torch.nn import functional

from aegen.autoencoders.networks._size import Size, sides
from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field

__all__ = [
    "Channels",
    "Decoder",
    "Encoder",
    "Halvings",
    "LatentDim",
    "chosen_widths",
    "halved",
    "padded",
]

Channels = Annotated[int, Field("Colour channels of a picture", low=1, high=4)]
LatentDim = Annotated[int, Field("Dimensions of a code", low=1, high=1024)]

WIDEST = 512
"""Channels after the last halving, at most. With them doubled at each halving every layer does the
same work, so a large picture, which begins narrower, costs little more than one of 128 x 128."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class Halvings:
    """How a picture is halved, step by step.

    Attributes:
        padding: rows and columns of zeros that it needs to be halved evenly.
        inner: height and width that are left.
        strides: those of each step, down and across.
    """

    padding: Pair
    inner: Pair
    strides: tuple[Pair, ...]

    @property
    def kernels(self) -> tuple[Pair, ...]:
        """Sizes of the kernels of each step, for a padding of one."""
        return tuple((2 + down, 2 + across) for down, across in self.strides)


def chosen_widths(widths: Sequence[int] | None, size: Size, first: int = 32) -> tuple[int, ...]:
    """``widths`` as given, or doubled from ``first`` until at most 4 pixels a side are left.

    The first is halved as long as the last would be above 512.

    Raises:
        InvalidInput: none, or one that is not positive.

    Example:
        >>> chosen_widths(None, 64), chosen_widths(None, (80, 160))
        ((32, 64, 128, 256), (16, 32, 64, 128, 256, 512))
    """
    if widths is not None:
        given = tuple(int(w) for w in widths)
        if not given or min(given) < 1:
            raise InvalidInput(f"widths must be one or more positive numbers, got {widths!r}")
        return given
    steps = _needed(max(sides(size)))
    while first * 2 ** (steps - 1) > WIDEST:
        first //= 2
    return tuple(first * 2**k for k in range(steps))


def halved(size: Size, steps: int) -> Halvings:
    """How a picture is halved in so many steps.

    Raises:
        InvalidInput: one pixel would be left.

    Example:
        >>> halved(28, 3)
        Halvings(padding=(4, 4), inner=(4, 4), strides=((2, 2), (2, 2), (2, 2)))
        >>> halved((8, 16), 2).strides
        ((1, 2), (2, 2))
    """
    pair = sides(size)
    most = max(_needed(side) for side in pair)
    times = [max(0, steps - most + _needed(side)) for side in pair]
    inner = [-(-side // 2**k) for side, k in zip(pair, times, strict=True)]
    if min(inner) < 2:
        raise InvalidInput(f"size {size} cannot be halved {steps} times: give fewer widths")
    padding = [n * 2**k - side for n, k, side in zip(inner, times, pair, strict=True)]
    down, across = ([1] * (steps - k) + [2] * k for k in times)
    return Halvings(
        (padding[0], padding[1]), (inner[0], inner[1]), tuple(zip(down, across, strict=True))
    )


def _needed(side: int) -> int:
    """Halvings of a side, one at least, until at most 4 pixels are left."""
    steps = 1
    while side > 4 * 2**steps:
        steps += 1
    return steps


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
