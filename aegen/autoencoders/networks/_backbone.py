"""The convolutional halves that the architectures share.

Four-by-four kernels with stride two halve (or double) the image at each step, as in the networks
of arXiv 1906.05423 and 2309.09916 for 32 x 32 pictures. Theirs put batch normalisation and a ReLU
behind the last decoder layer too, so that after the sigmoid no pixel falls below one half; here
the last layer is plain.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Annotated

from torch import Tensor, nn
from torch.nn import functional

from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field

__all__ = [
    "Channels",
    "Decoder",
    "Encoder",
    "LatentDim",
    "Size",
    "chosen_widths",
    "inner_size",
    "padded",
]

Channels = Annotated[int, Field("Colour channels of a picture", low=1, high=4)]
Size = Annotated[int, Field("Height and width in pixels", low=8, high=256)]
LatentDim = Annotated[int, Field("Dimensions of a code", low=1, high=1024)]


def chosen_widths(widths: Sequence[int] | None, size: int, first: int = 32) -> tuple[int, ...]:
    """``widths`` as given, or doubled from ``first`` until at most 4 pixels a side are left.

    Example:
        >>> chosen_widths(None, 64)
        (32, 64, 128, 256)
    """
    if widths is not None:
        return tuple(int(w) for w in widths)
    steps = 1
    while size > 4 * 2**steps:
        steps += 1
    return tuple(first * 2**k for k in range(steps))


def inner_size(size: int, steps: int) -> tuple[int, int]:
    """Side to which a picture is padded so that it halves ``steps`` times, and the side left then.

    Example:
        >>> inner_size(28, 3)
        (32, 4)
    """
    unit = 2**steps
    side = -(-size // unit)
    if side < 2:
        raise InvalidInput(f"size {size} cannot be halved {steps} times: give fewer widths")
    return side * unit, side


def padded(x: Tensor, padding: int) -> Tensor:
    """Images (n, c, s, s) with ``padding`` more rows and columns of zeros, half at each end."""
    low, high = padding // 2, padding - padding // 2
    return functional.pad(x, (low, high, low, high))


class Encoder(nn.Module):
    """Images (n, c, s, s) to ``outputs`` numbers each."""

    def __init__(self, channels: int, size: int, widths: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        whole, side = inner_size(size, len(widths))
        self.padding = whole - size
        layers: list[nn.Module] = []
        for before, after in zip((channels, *widths[:-1]), widths, strict=True):
            halving = nn.Conv2d(before, after, 4, 2, 1, bias=False)
            layers += [halving, nn.BatchNorm2d(after), nn.ReLU()]
        self.convolutions = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1] * side * side, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Numbers (n, outputs) of images (n, c, s, s)."""
        out: Tensor = self.head(self.convolutions(padded(x, self.padding)).flatten(1))
        return out


class Decoder(nn.Module):
    """Codes (n, d) to images (n, c, s, s), before the sigmoid."""

    def __init__(self, channels: int, size: int, widths: tuple[int, ...], latent_dim: int) -> None:
        super().__init__()
        whole, side = inner_size(size, len(widths))
        self.size, self.padding = size, whole - size
        self.start = (widths[-1], side, side)
        self.head = nn.Linear(latent_dim, widths[-1] * side * side)
        layers: list[nn.Module] = [nn.BatchNorm2d(widths[-1]), nn.ReLU()]
        for before, after in itertools.pairwise(widths[::-1]):
            doubling = nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)
            layers += [doubling, nn.BatchNorm2d(after), nn.ReLU()]
        layers.append(nn.ConvTranspose2d(widths[0], channels, 4, 2, 1))
        self.convolutions = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        """Logits (n, c, s, s) of codes (n, d)."""
        x: Tensor = self.convolutions(self.head(z).unflatten(1, self.start))
        low = self.padding // 2
        return x[..., low : low + self.size, low : low + self.size]
