"""ResNet20: three stages of three residual blocks, without a trained batch norm."""

from __future__ import annotations

from aegen.supermask.networks._residual import Width, residual
from aegen.supermask.plan import Plan

__all__ = ["ResNet20"]


class ResNet20(Plan):
    """Three blocks a stage of 16, 32 and 64 channels; 248,624 weights on CIFAR-10.

    The paper's variant: a stage begins with a 1x1 convolution and a 1x1 shortcut, and batch norms
    keep their initial statistics, so each is a fixed factor. Here the stem's is one too.

    Args:
        width: factor of the channels; the paper has 1, 2 and 3.
        channels: of an image.
        size: an image's height and width, in pixels.
        classes: number of logits.

    Source: facts of the paper, sections 1.5 and 2.

    Example:
        >>> ResNet20().total
        248624
    """

    def __init__(
        self, width: Width = 1.0, channels: int = 3, size: int = 32, classes: int = 10
    ) -> None:
        super().__init__(*residual("resnet20", 3, width, channels, size, classes))
