"""Conv8: eight 3x3 convolutions and three dense layers."""

from __future__ import annotations

from aegen.supermask.networks._pairs import Width, pairs
from aegen.supermask.plan import Plan

__all__ = ["Conv8"]


class Conv8(Plan):
    """Eight convolutions in pairs, a 2x2 pool after each pair; 5,275,840 weights on CIFAR-10.

    Args:
        width: factor of the channels (64 in the first pair) and of the 256 hidden units.
        channels: of an image.
        size: an image's height and width, in pixels.
        classes: number of logits.

    Source: facts of the paper, section 2 (after J. Frankle, M. Carbin, arXiv 1803.03635).

    Example:
        >>> Conv8().total
        5275840
    """

    def __init__(
        self, width: Width = 1.0, channels: int = 3, size: int = 32, classes: int = 10
    ) -> None:
        super().__init__(*pairs("conv8", 4, width, channels, size, classes))
