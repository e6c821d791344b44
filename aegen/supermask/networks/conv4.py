"""Conv4: four 3x3 convolutions and three dense layers."""

from __future__ import annotations

from aegen.supermask.networks._pairs import Width, pairs
from aegen.supermask.plan import Plan

__all__ = ["Conv4"]


class Conv4(Plan):
    """Four convolutions in pairs, a 2x2 pool after each pair; 2,425,024 weights on CIFAR-10.

    Args:
        width: factor of the channels (64 in the first pair) and of the 256 hidden units.
        channels: of an image.
        size: an image's height and width, in pixels.
        classes: number of logits.

    Source: facts of the paper, section 2 (after J. Frankle, M. Carbin, arXiv 1803.03635).

    Example:
        >>> Conv4().total
        2425024
    """

    def __init__(
        self, width: Width = 1.0, channels: int = 3, size: int = 32, classes: int = 10
    ) -> None:
        super().__init__(*pairs("conv4", 2, width, channels, size, classes))
